package recording

import (
	"bytes"
	"slices"
)

// before is an option whose value is the next argument.
const before = `(?i)^--?(?:[\w.-]*` + secretName + `|` + lastWord + `)$`

// naming are options whose value may be called as a program is, but is none.
var naming = []string{"--name", "--hostname", "-h", "--host", "--network-alias", "--alias", "--user", "--db", "--database", "--container"}

// short are the programs in which a short option's value is a secret: attached, or
// the next argument.
var short = []struct {
	program string // a pattern
	option  string
	// sub is an argument that must be there: docker login -p, not docker run -p.
	sub string
}{
	{program: `(?:mysql|mariadb)\w*(?:-\w+)*`, option: "-p"},
	{program: `sshpass`, option: "-p"},
	{program: `(?:docker|podman|nerdctl|buildah|skopeo|helm|oras)`, option: "-p", sub: "login"},
	{program: `(?:curl|wget)`, option: "-u"},
	{program: `curl`, option: "--user"},
	{program: `redis-cli`, option: "-a"},
	{program: `ldap\w+`, option: "-w"},
	{program: `(?:smbclient|rpcclient)`, option: "-U"},
	{program: `(?:zip|unzip|zipcloak|zipnote)`, option: "-P"},
	{program: `7z[ar]?`, option: "-p"},
	{program: `openssl`, option: "-k"},
	{program: `openssl`, option: "-K"},
}

// programs returns the patterns of their names, and scripts those of their whole calls
// within a script, whose group is the secret.
func programs() (names, scripts []string) {
	for _, s := range short {
		names = append(names, `^`+s.program+`$`)
		call := `(?:^|[\s;&|(/"'` + "`" + `])` + s.program + `\s`
		if s.sub != "" {
			call += `[^;&|\n]*?\b` + s.sub + `\s`
		}
		gap := `\s*`
		if len(s.option) > 2 {
			gap = `[\s=]\s*`
		}
		scripts = append(scripts, call+`(?:[^;&|\n]*?\s)??`+s.option+gap+value)
	}
	return names, scripts
}

// call is what the arguments before say of the next one. One program may start another
// by its arguments, as docker exec, env, sudo and timeout do: any argument that is named
// as a program of the table begins its call.
type call struct {
	*forms
	options []string // their values are secrets
	next    bool     // this argument is a secret
}

// secrets returns what is a secret of args[i] by its place. It is asked for each
// argument in turn, with that one's marks.
func (c *call) secrets(args [][]byte, i int, marks uint64) []span {
	arg := bytes.TrimSuffix(args[i], []byte{0})
	if c.next {
		c.next = false
		return []span{{0, len(arg)}}
	}
	if i > 0 {
		if c.before.matches(arg, marks) || slices.Contains(c.options, string(arg)) {
			c.next = true
			return nil
		}
		if n := c.attached(arg); n > 0 {
			return []span{{n, len(arg)}}
		}
		if slices.Contains(naming, string(bytes.TrimSuffix(args[i-1], []byte{0}))) {
			return nil
		}
	}
	c.begin(arg, args[i+1:], marks)
	return nil
}

// begin takes the options of a program that the argument names, if it does.
func (c *call) begin(arg []byte, rest [][]byte, marks uint64) {
	program := arg[bytes.LastIndexByte(arg, '/')+1:]
	var options []string
	for i, s := range short {
		if c.programs[i].matches(program, marks) && (s.sub == "" || has(rest, s.sub)) {
			options = append(options, s.option)
		}
	}
	if options != nil {
		c.options = options
	}
}

// attached returns where the value begins that stands behind its option in one
// argument, 0 where none does.
func (c *call) attached(arg []byte) int {
	for _, o := range c.options {
		switch {
		case bytes.HasPrefix(arg, []byte(o+"=")):
			return len(o) + 1
		case len(o) == 2 && bytes.HasPrefix(arg, []byte(o)):
			return len(o)
		}
	}
	return 0
}

func has(args [][]byte, word string) bool {
	return slices.ContainsFunc(args, func(a []byte) bool { return string(bytes.TrimSuffix(a, []byte{0})) == word })
}

// shellOption reports whether the next argument may be a script: behind -c, -lc.
func shellOption(arg []byte) bool {
	letters, dash := bytes.CutPrefix(arg, []byte("-"))
	return dash && bytes.HasSuffix(letters, []byte("c")) && !bytes.ContainsFunc(letters, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}
