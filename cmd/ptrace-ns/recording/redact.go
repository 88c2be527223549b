package recording

import (
	"bytes"
	"fmt"
	"regexp"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// Redacted stands where a secret was.
const Redacted = "[redacted]"

// secretName is what the name of an option or a variable says when its value is a
// secret, wherever in the name; lastWord is what its last word says then. A bare PWD is
// the shell's directory and a bare key may be anything.
const (
	secretName = `(?:password|passwd|passphrase|passcode|secret|token|api-?_?key|access-?_?key|private-?_?key|credentials?|auth-?_?key|bearer)`
	lastWord   = `(?:(?:[\w.-]*[_.-])?pass|[\w.-]*[_.-](?:pwd|pw)|[\w.-]*_key)`
)

// value is a value up to the next space, or in quotation marks: the argument may be
// a shell's script.
const value = `("[^"]*"|'[^']*'|[^\s"';&|]+)`

// usual are the patterns of what is a secret by its form. The first group, or with
// none the whole match, is the secret.
var usual = compile(
	// --password=x, DB_PASSWORD=x, -Dtoken=x, and --password x within a script
	`(?i)[\w.-]*`+secretName+`[\w.-]*=`+value,
	`(?i)(?:^|\s)--?[\w.-]*`+secretName+`\s+`+value,
	// DB_PASS=x, db_pwd=x, SSH_KEY=x, --pass x
	`(?i)(?:^|[^\w.-])-{0,2}`+lastWord+`=`+value,
	`(?i)(?:^|\s)--?`+lastWord+`\s+`+value,
	`\bpwd?=`+value,
	// "password": "x"
	`(?i)"[\w.-]*`+secretName+`"\s*:\s*`+value,
	// scheme://user:x@host, the last @ before the path
	`(?i)[a-z][a-z0-9+.-]*://[^/\s:@]*:([^/\s"']+)@`,
	// Authorization: Bearer x, X-Api-Key: x
	`(?i)authorization["']?\s*[:=]\s*["']?(?:[a-z]+\s+)?([^\s"']+)`,
	`(?i)\b[\w-]*`+secretName+`:\s*([^\s"']+)`,
	// Bearer x, wherever it is put together
	`(?i)\bbearer\s+([\w.~+/=-]{8,})`,
	// openssl -passin pass:x
	`\bpass:(\S+)`,
	// tokens that are known by their beginning: AWS, GitHub, GitLab, Slack, JWT
	`\b(A[KS]IA[0-9A-Z]{16})\b`,
	`\b(gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{10,})`,
	`\b(eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)`,
	// a private key
	`(-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*)`,
)

// before are options whose value is the next argument.
var before = regexp.MustCompile(`(?i)^--?(?:[\w.-]*` + secretName + `|` + lastWord + `)$`)

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
}

// programs are the patterns of their programs, and scripts those of their whole calls
// within a script, whose group is the secret.
var programs, scripts = func() (programs, scripts []*regexp.Regexp) {
	for _, s := range short {
		programs = append(programs, regexp.MustCompile(`^`+s.program+`$`))
		call := `(?:^|[\s;&|(/"'` + "`" + `])` + s.program + `\s`
		if s.sub != "" {
			call += `[^;&|\n]*?\b` + s.sub + `\s`
		}
		gap := `\s*`
		if len(s.option) > 2 {
			gap = `[\s=]\s*`
		}
		scripts = append(scripts, regexp.MustCompile(call+`(?:[^;&|\n]*?\s)??`+s.option+gap+value))
	}
	return programs, scripts
}()

func compile(patterns ...string) (all []*regexp.Regexp) {
	for _, p := range patterns {
		all = append(all, regexp.MustCompile(p))
	}
	return all
}

// Redaction says what of arguments and of the environment is a secret.
type Redaction struct {
	usual bool
	extra []*regexp.Regexp
}

// ParseRedaction takes regular expressions; "default" stands for the usual forms of
// secrets. Of each match the first group is replaced, or all of it where it has none.
func ParseRedaction(patterns []string) (*Redaction, error) {
	r := &Redaction{}
	for _, p := range patterns {
		if p == "default" {
			r.usual = true
			continue
		}
		x, err := regexp.Compile(p)
		if err != nil {
			return nil, fmt.Errorf("pattern %q: %w", p, err)
		}
		r.extra = append(r.extra, x)
	}
	return r, nil
}

// Args returns the vector without its secrets; what has none is returned as it is.
// The true size stays that of the vector as passed.
func (r *Redaction) Args(a events.Args) events.Args {
	if !a.Known() || len(a.Raw) == 0 {
		return a
	}
	args := bytes.SplitAfter(a.Raw, []byte{0})
	changed := false
	opts := r.options(args)
	for i, arg := range args {
		text := bytes.TrimSuffix(arg, []byte{0})
		out := text
		if n, ok := opts.secret(i, text); ok {
			out = append(bytes.Clone(text[:n]), Redacted...)
		}
		if out = r.text(out); !bytes.Equal(out, text) {
			args[i] = append(bytes.Clone(out), arg[len(text):]...)
			changed = true
		}
	}
	if changed {
		a.Raw, a.Redacted = bytes.Join(args, nil), true
	}
	return a
}

// text replaces what the patterns find.
func (r *Redaction) text(text []byte) []byte {
	if r.usual {
		if bytes.ContainsAny(text, " \t\n") {
			text = replace(text, scripts)
		}
		text = replace(text, usual)
	}
	return replace(text, r.extra)
}

func replace(text []byte, patterns []*regexp.Regexp) []byte {
	for _, x := range patterns {
		all := x.FindAllSubmatchIndex(text, -1)
		for i := len(all) - 1; i >= 0; i-- {
			at := all[i]
			if len(at) > 2 && at[2] >= 0 {
				at = at[2:]
			}
			if at[0] < at[1] && !bytes.Contains(text[at[0]:at[1]], []byte(Redacted)) {
				text = bytes.Join([][]byte{text[:at[0]], []byte(Redacted), text[at[1]:]}, nil)
			}
		}
	}
	return text
}

// options is what the program's own options say of its arguments.
type options struct {
	on    bool
	short string // its value is a secret; empty for none
	next  bool   // this argument is a secret
}

func (r *Redaction) options(args [][]byte) options {
	o := options{on: r.usual}
	if !o.on {
		return o
	}
	program := bytes.TrimSuffix(args[0], []byte{0})
	program = program[bytes.LastIndexByte(program, '/')+1:]
	for i, s := range short {
		if programs[i].Match(program) && (s.sub == "" || has(args[1:], s.sub)) {
			o.short = s.option
			break
		}
	}
	return o
}

func has(args [][]byte, word string) bool {
	for _, a := range args {
		if string(bytes.TrimSuffix(a, []byte{0})) == word {
			return true
		}
	}
	return false
}

// secret reports whether the argument is one by its place, and from which byte on.
func (o *options) secret(i int, arg []byte) (from int, ok bool) {
	if !o.on || i == 0 {
		return 0, false
	}
	if o.next {
		o.next = false
		return 0, len(arg) > 0
	}
	switch {
	case before.Match(arg):
		o.next = true
	case o.short == "":
	case string(arg) == o.short:
		o.next = true
	case bytes.HasPrefix(arg, []byte(o.short)) && arg[1] != '-':
		return len(o.short), true
	case bytes.HasPrefix(arg, []byte(o.short+"=")):
		return len(o.short) + 1, true
	}
	return 0, false
}

// Redact passes on events without their secrets.
func Redact(next events.Sink, r *Redaction) events.Sink { return &redact{next: next, r: r} }

type redact struct {
	next events.Sink
	r    *Redaction
}

func (s *redact) Put(ev *events.Event) error {
	// The event is shared with sinks that are not behind this one.
	args, env := ev.Process.Args, ev.Process.Env
	defer func() { ev.Process.Args, ev.Process.Env = args, env }()
	ev.Process.Args, ev.Process.Env = s.r.Args(args), s.r.Args(env)
	return s.next.Put(ev)
}

func (s *redact) Flush() error { return s.next.Flush() }
