# Sourced by the tests of the campaign: a home of their own, and what they check.
set -u
build=$1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
INITLAB_DIR=$dir/home
export INITLAB_DIR
failed=0

bad() {
	echo "$*"
	failed=1
}

# want STATUS TEXT COMMAND...: the exit status and a text of the output, which is left in $dir/out
want() {
	status=$1 text=$2
	shift 2
	"$@" >"$dir/out" 2>&1 </dev/null
	rc=$?
	[ $rc -eq "$status" ] && grep -qF -e "$text" "$dir/out" && return
	bad "$*: status $rc, wanted $status and '$text':"
	cat "$dir/out"
}

# needs_engines: both fuzzing flavours of the canary, as an engines folder in $dir/canary
needs_engines() {
	for flavour in libfuzzer afl; do
		if [ ! -x "$build/$flavour/tests/bin/fuzz_canary" ]; then
			echo "skip: the $flavour flavour is not built"
			exit 77
		fi
		mkdir -p "$dir/canary/$flavour"
		ln -s "$build/$flavour/tests/bin" "$dir/canary/$flavour/bin"
	done
}

# fake_engine NAME: a target whose libFuzzer is a shell script. Fuzzing, it finds what $dir/NAME.finds says.
fake_engine() {
	mkdir -p "$dir/fake/libfuzzer/bin"
	cat >"$dir/fake/libfuzzer/bin/fuzz_$1" <<-SCRIPT
	#!/bin/sh
	fuzz=
	for arg; do
		case \$arg in
		-max_total_time=*) fuzz=yes ;;
		-artifact_prefix=*) artifacts=\${arg#*=} ;;
		-*) ;;
		*) if [ "\$fuzz" ]; then
				corpus=\${corpus-\$arg}
			else
				echo "Running: \$arg" >&2
				if grep -q BAD "\$arg"; then
					echo "initlab: property $1 failed at \$(grep -o 'BAD[0-9]*' "\$arg").c:7: as planned" >&2
					kill -ABRT \$\$
				fi
			fi ;;
		esac
	done
	[ "\$fuzz" ] || exit 0
	echo "#1 INITED cov: 5 ft: 9"
	. "$dir/$1.finds"
	echo "stat::number_of_executed_units: 17"
	SCRIPT
	chmod +x "$dir/fake/libfuzzer/bin/fuzz_$1"
	: >"$dir/$1.finds"
}
