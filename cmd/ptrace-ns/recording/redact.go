package recording

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// Redacted stands where a secret was.
const Redacted = "[redacted]"

// Redaction says what of arguments and of the environment is a secret.
type Redaction struct {
	usual  *forms // nil where they are not asked for
	extra  []pattern
	filter filter // of all patterns
}

// forms are the usual forms of secrets: in any text, in one with spaces, in a whole
// argument, and by what stands before.
type forms struct {
	usual, scripts, assignment, programs []pattern
	before                               pattern
}

// ParseRedaction takes regular expressions; "default" stands for the usual forms of
// secrets. Of each match the first group is replaced, or all of it where it has none.
func ParseRedaction(patterns []string) (*Redaction, error) {
	r := &Redaction{}
	if slices.Contains(patterns, "default") {
		names, scripts := programs()
		r.usual = &forms{
			usual: r.filter.all(usual...), scripts: r.filter.all(scripts...), assignment: r.filter.all(assignment),
			programs: r.filter.all(names...), before: r.filter.all(before)[0],
		}
	}
	for _, p := range patterns {
		if p == "default" {
			continue
		}
		x, err := regexp.Compile(p)
		if err != nil {
			return nil, fmt.Errorf("pattern %q: %w", p, err)
		}
		r.extra = append(r.extra, r.filter.add(x))
	}
	r.filter.build()
	return r, nil
}

// Args returns the vector without its secrets; what has none is returned as it is.
// The true size stays that of the vector as passed.
func (r *Redaction) Args(a events.Args) events.Args { return r.vector(a, false) }

// Env is Args for an environment, in which each string is one variable.
func (r *Redaction) Env(a events.Args) events.Args { return r.vector(a, true) }

func (r *Redaction) vector(a events.Args, env bool) events.Args {
	// Most vectors have no word of any pattern, and what an argument says of the next one it
	// says by such a word.
	if !a.Known() || len(a.Raw) == 0 || r.filter.marks(a.Raw) == 0 {
		return a
	}
	args := bytes.SplitAfter(a.Raw, []byte{0})
	changed := false
	call := call{forms: r.usual}
	for i, arg := range args {
		text := bytes.TrimSuffix(arg, []byte{0})
		marks := r.filter.marks(text)
		found := r.find(text, marks)
		if r.usual != nil {
			found = append(found, call.secrets(args, i, marks)...)
			if env || i > 0 && !shellOption(bytes.TrimSuffix(args[i-1], []byte{0})) {
				found = find(found, text, r.usual.assignment, marks)
			}
		}
		if out, ok := blacken(text, found); ok {
			args[i] = append(out, arg[len(text):]...)
			changed = true
		}
	}
	if changed {
		a.Raw, a.Redacted = bytes.Join(args, nil), true
	}
	return a
}

// span is a part of an argument: from its first byte to the one behind its last.
type span struct{ from, to int }

// find returns what the patterns find, each in the text as it was passed: what one
// finds hides nothing from another.
func (r *Redaction) find(text []byte, marks uint64) (all []span) {
	all = find(all, text, r.extra, marks)
	if r.usual == nil {
		return all
	}
	if bytes.ContainsAny(text, " \t\n") {
		all = find(all, text, r.usual.scripts, marks)
	}
	return find(all, text, r.usual.usual, marks)
}

func find(all []span, text []byte, patterns []pattern, marks uint64) []span {
	for _, p := range patterns {
		if !p.may(marks) {
			continue
		}
		for _, at := range p.FindAllSubmatchIndex(text, -1) {
			if len(at) > 2 && at[2] >= 0 {
				at = at[2:]
			}
			all = append(all, span{at[0], at[1]})
		}
	}
	return all
}

// blacken replaces the spans, those that overlap or touch as one. It reports whether
// anything is another text now.
func blacken(text []byte, spans []span) ([]byte, bool) {
	if len(spans) == 0 {
		return nil, false
	}
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	var out []byte
	done := 0
	for _, s := range spans {
		if s.from == s.to || s.to <= done {
			continue
		}
		if done == 0 || s.from > done {
			out = append(append(out, text[done:s.from]...), Redacted...)
		}
		done = s.to
	}
	out = append(out, text[done:]...)
	return out, !bytes.Equal(out, text)
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
	ev.Process.Args, ev.Process.Env = s.r.Args(args), s.r.Env(env)
	return s.next.Put(ev)
}

func (s *redact) Flush() error { return s.next.Flush() }
