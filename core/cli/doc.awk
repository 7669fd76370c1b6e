# Renders option tables as a man page or as a bash completion.
#
# usage: awk -v out=man|bash -v program=NAME [-v template=FILE] -f doc.awk TABLES
#
# TABLES are what the programs print of the tables that parse their command lines, fields separated by tabs:
#	command NAME OPERANDS SUMMARY		"-" for the options in front of the command
#	option  NAME LETTER VALUE HELP		of the command above; LETTER or VALUE may be empty
# The man page is the template with its lines @commands@ and @options@ replaced.
BEGIN { FS = "\t" }

$1 == "command" { n_commands++; name[n_commands] = $2; operands[n_commands] = $3; summary[n_commands] = $4; next }
$1 == "option" {
	if (!n_commands) bad("an option before the first command")
	i = ++n_options[n_commands]
	long[n_commands, i] = $2; letter[n_commands, i] = $3; value[n_commands, i] = $4; help[n_commands, i] = $5
	next
}
{ bad("no table: " $0) }

function bad(why) { print "doc.awk: " why > "/dev/stderr"; failed = 1; exit 1 }

END {
	if (failed) exit 1
	if (!n_commands) { print "doc.awk: empty tables" > "/dev/stderr"; exit 1 }
	if (out == "man") man(); else bash()
}

# --- roff ---

function roff(text) {
	gsub(/\\/, "\\e", text)
	gsub(/-/, "\\-", text)
	sub(/^[.']/, "\\\\\\&&", text)
	return text
}

function man_options(c,    i, head) {
	for (i = 1; i <= n_options[c]; i++) {
		head = "\\fB\\-\\-" roff(long[c, i]) "\\fR"
		if (value[c, i] != "") head = head " \\fI" roff(value[c, i]) "\\fR"
		if (letter[c, i] != "") head = "\\fB\\-" letter[c, i] "\\fR, " head
		print ".TP\n" head "\n" roff(help[c, i])
	}
}

function man(    line, c, got) {
	while ((got = (getline line < template)) > 0) {
		if (line == "@options@") {
			for (c = 1; c <= n_commands; c++) if (name[c] == "-") man_options(c)
		} else if (line == "@commands@") {
			for (c = 1; c <= n_commands; c++) {
				if (name[c] == "-") continue
				print ".SS \"" program " " name[c] (operands[c] == "" ? "" : " " operands[c]) "\""
				print roff(summary[c])
				man_options(c)
			}
		} else print line
	}
	if (got < 0) { print "doc.awk: can't read " template > "/dev/stderr"; exit 1 }
}

# --- bash ---

# How a value or operand is completed: "ID" by the containers, files and directories by themselves.
function way(text) {
	if (text ~ /^ID/) return "id"
	if (text ~ /^DIR/) return "dir"
	if (text ~ /FILE|SOCKET|PATH/) return "file"
	return "none"
}

function bash(    c, i, words, takes, commands) {
	print "# bash completion for " program ", generated from its option tables"
	for (c = 1; c <= n_commands; c++) if (name[c] != "-") commands = commands (commands == "" ? "" : " ") name[c]
	print "_" program "_tables() { # COMMAND ('-' before it): its options; those with a value, as OPTION:WAY; its operands' way"
	print "\tcase $1 in"
	for (c = 1; c <= n_commands; c++) {
		words = takes = ""
		for (i = 1; i <= n_options[c]; i++) {
			words = words " --" long[c, i] (letter[c, i] == "" ? "" : " -" letter[c, i])
			if (value[c, i] == "") continue
			takes = takes " --" long[c, i] ":" way(value[c, i])
			if (letter[c, i] != "") takes = takes " -" letter[c, i] ":" way(value[c, i])
		}
		print "\t" name[c] ") options='" substr(words, 2) "' takes='" substr(takes, 2) "' operands=" way(operands[c]) " ;;"
	}
	print "\t*) options= takes= operands=file ;;\n\tesac\n}"
	print "_" program "() {"
	print "\tlocal cur=${COMP_WORDS[COMP_CWORD]} command=- options takes operands word entry way= i"
	print "\tlocal -a front=()"
	print "\tCOMPREPLY=()"
	print "\t_" program "_tables -"
	print "\tfor ((i = 1; i < COMP_CWORD; i++)); do"
	print "\t\tword=${COMP_WORDS[i]} way="
	print "\t\tfor entry in $takes; do [ \"${entry%:*}\" = \"$word\" ] && way=${entry##*:}; done"
	print "\t\tif [ -n \"$way\" ]; then"
	print "\t\t\t[ \"${COMP_WORDS[i + 1]}\" = = ] && i=$((i + 1)) # --option=value is three words"
	print "\t\t\t[ \"$command$word\" = '---root' ] && front=(\"$word\" \"${COMP_WORDS[i + 1]}\")"
	print "\t\t\ti=$((i + 1))"
	print "\t\t\t[ \"$i\" -lt \"$COMP_CWORD\" ] && way="
	print "\t\telif [[ $word != -* && $command = - ]]; then"
	print "\t\t\tcommand=$word"
	print "\t\t\t_" program "_tables \"$command\""
	print "\t\tfi"
	print "\tdone"
	print "\t[ \"$cur\" = = ] && cur="
	print "\tif [ -z \"$way\" ]; then"
	print "\t\tif [[ $cur = -* ]]; then"
	print "\t\t\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")"
	print "\t\t\treturn"
	print "\t\telif [ \"$command\" = - ]; then"
	print "\t\t\tmapfile -t COMPREPLY < <(compgen -W '" commands "' -- \"$cur\")"
	print "\t\t\treturn"
	print "\t\tfi"
	print "\t\tway=$operands"
	print "\tfi"
	print "\tcase $way in"
	print "\tid) mapfile -t COMPREPLY < <(compgen -W \"$(\"${COMP_WORDS[0]}\" \"${front[@]}\" list --quiet 2>/dev/null)\" -- \"$cur\") ;;"
	print "\tdir) mapfile -t COMPREPLY < <(compgen -d -- \"$cur\") ;;"
	print "\tfile) mapfile -t COMPREPLY < <(compgen -f -- \"$cur\") ;;"
	print "\tesac"
	print "}"
	print "complete -F _" program " " program
}
