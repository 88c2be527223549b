package events

import "bytes"

// Args is an argument vector (or an environment) as the kernel holds it: each
// string ended by NUL. It is a view: see the package comment on lifetime.
type Args struct {
	// Raw is the vector's bytes, cut at the limit that was asked for.
	Raw []byte
	// Size is the true size in bytes, which is more than len(Raw) when cut.
	Size uint64
	// Status says whether Raw is all there was.
	Status ReadStatus
	// Redacted says that something was taken out of Raw on purpose: a secret.
	Redacted bool
}

// ReadStatus says how far a value could be read.
type ReadStatus uint8

// Absent means that nobody tried or that there is none; the rest is said by name.
const (
	Absent ReadStatus = iota
	Complete
	Truncated
	Unreadable
)

// Known reports whether there is a vector, even an empty or a cut one.
func (a Args) Known() bool { return a.Status == Complete || a.Status == Truncated }

// All calls yield with each argument in turn, empty ones included, until it
// returns false. A last argument that was cut has no NUL and is yielded as it is.
func (a Args) All(yield func([]byte) bool) {
	rest := a.Raw
	for len(rest) > 0 {
		end := bytes.IndexByte(rest, 0)
		if end < 0 {
			yield(rest)
			return
		}
		if !yield(rest[:end]) {
			return
		}
		rest = rest[end+1:]
	}
}

// Len returns how many arguments Raw holds, a cut one included.
func (a Args) Len() int {
	n := bytes.Count(a.Raw, []byte{0})
	if len(a.Raw) > 0 && a.Raw[len(a.Raw)-1] != 0 {
		n++
	}
	return n
}

// Strings copies the arguments.
func (a Args) Strings() []string {
	all := make([]string, 0, a.Len())
	for s := range a.All {
		all = append(all, string(s))
	}
	return all
}

// ArgsOf returns the complete vector of these strings.
func ArgsOf(args ...string) Args {
	var raw []byte
	for _, s := range args {
		raw = append(append(raw, s...), 0)
	}
	return Args{Raw: raw, Size: uint64(len(raw)), Status: Complete}
}
