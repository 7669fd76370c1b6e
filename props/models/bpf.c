#include "props/models/bpf.h"

#include <string.h>

/* seccomp_check_filter's list, less what is not to be made: memory words, the index register, BPF_LEN. */
static bool known(const struct sock_filter *i)
{
        static const uint16_t codes[] = {
                BPF_LD | BPF_W | BPF_ABS,   BPF_LD | BPF_IMM,           BPF_RET | BPF_K,
                BPF_RET | BPF_A,            BPF_ALU | BPF_ADD | BPF_K,  BPF_ALU | BPF_SUB | BPF_K,
                BPF_ALU | BPF_AND | BPF_K,  BPF_ALU | BPF_OR | BPF_K,   BPF_ALU | BPF_LSH | BPF_K,
                BPF_ALU | BPF_RSH | BPF_K,  BPF_JMP | BPF_JA,           BPF_JMP | BPF_JEQ | BPF_K,
                BPF_JMP | BPF_JGE | BPF_K,  BPF_JMP | BPF_JGT | BPF_K,  BPF_JMP | BPF_JSET | BPF_K,
        };

        for (size_t k = 0; k < sizeof(codes) / sizeof(codes[0]); k++)
                if (codes[k] == i->code)
                        return true;
        return false;
}

bool bpf_valid(const struct sock_filter *code, size_t n)
{
        if (n == 0 || n > BPF_MAXINSNS || BPF_CLASS(code[n - 1].code) != BPF_RET)
                return false;
        for (size_t at = 0; at < n; at++) {
                const struct sock_filter *i = &code[at];
                size_t left = n - at - 1; /* behind it */
                bool far = i->code == (BPF_JMP | BPF_JA), jumps = BPF_CLASS(i->code) == BPF_JMP && !far;
                if (!known(i) || (far && i->k >= left) || (jumps && (i->jt >= left || i->jf >= left)))
                        return false;
                if (i->code == (BPF_LD | BPF_W | BPF_ABS) &&
                    (i->k % 4 || i->k >= sizeof(struct seccomp_data)))
                        return false;
        }
        return true;
}

struct machine {
        uint32_t a, x, mem[BPF_MEMWORDS];
        const struct seccomp_data *data;
};

static bool load(struct machine *m, const struct sock_filter *i, uint32_t *ret)
{
        switch (BPF_MODE(i->code)) {
        case BPF_ABS: /* aligned words of the data only */
                if (BPF_CLASS(i->code) != BPF_LD || BPF_SIZE(i->code) != BPF_W || i->k % 4 ||
                    i->k >= sizeof(*m->data))
                        return false;
                memcpy(ret, (const char *)m->data + i->k, 4);
                return true;
        case BPF_IMM:
                *ret = i->k;
                return true;
        case BPF_MEM:
                if (i->k >= BPF_MEMWORDS)
                        return false;
                *ret = m->mem[i->k];
                return true;
        case BPF_LEN:
                *ret = sizeof(*m->data);
                return true;
        default:
                return false;
        }
}

static bool alu(struct machine *m, const struct sock_filter *i)
{
        uint32_t v = BPF_SRC(i->code) == BPF_X ? m->x : i->k;

        switch (BPF_OP(i->code)) {
        case BPF_ADD: m->a += v; return true;
        case BPF_SUB: m->a -= v; return true;
        case BPF_MUL: m->a *= v; return true;
        case BPF_AND: m->a &= v; return true;
        case BPF_OR: m->a |= v; return true;
        case BPF_XOR: m->a ^= v; return true;
        case BPF_LSH: m->a = v < 32 ? m->a << v : 0; return true;
        case BPF_RSH: m->a = v < 32 ? m->a >> v : 0; return true;
        case BPF_NEG: m->a = -m->a; return true;
        default: return false;
        }
}

static bool jump(const struct machine *m, const struct sock_filter *i, size_t *at)
{
        uint32_t v = BPF_SRC(i->code) == BPF_X ? m->x : i->k;
        bool yes;

        switch (BPF_OP(i->code)) {
        case BPF_JA: *at += i->k; return true;
        case BPF_JEQ: yes = m->a == v; break;
        case BPF_JGT: yes = m->a > v; break;
        case BPF_JGE: yes = m->a >= v; break;
        case BPF_JSET: yes = (m->a & v) != 0; break;
        default: return false;
        }
        *at += yes ? i->jt : i->jf;
        return true;
}

bool bpf_run(const struct sock_filter *code, size_t n, const struct seccomp_data *data, uint32_t *ret_result)
{
        struct machine m = {.data = data};

        for (size_t at = 0; at < n; at++) { /* jumps go forward only: it ends */
                const struct sock_filter *i = &code[at];
                bool good = true;

                switch (BPF_CLASS(i->code)) {
                case BPF_LD: good = load(&m, i, &m.a); break;
                case BPF_LDX: good = load(&m, i, &m.x); break;
                case BPF_ST:
                case BPF_STX:
                        good = i->k < BPF_MEMWORDS;
                        if (good)
                                m.mem[i->k] = BPF_CLASS(i->code) == BPF_ST ? m.a : m.x;
                        break;
                case BPF_ALU: good = alu(&m, i); break;
                case BPF_JMP: good = jump(&m, i, &at); break;
                case BPF_RET:
                        *ret_result = BPF_RVAL(i->code) == BPF_A ? m.a : i->k;
                        return BPF_RVAL(i->code) == BPF_A || BPF_RVAL(i->code) == BPF_K;
                default: /* BPF_MISC */
                        if (BPF_MISCOP(i->code) == BPF_TAX)
                                m.x = m.a;
                        else
                                m.a = m.x;
                }
                if (!good)
                        return false;
        }
        return false; /* ran off the end */
}
