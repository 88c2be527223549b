package container

import (
	"slices"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// FuzzFlags: of any arguments each flag's value and each word is one of them, or what is
// behind an equals sign, and the program's name is none.
func FuzzFlags(f *testing.F) {
	f.Add([]byte("runc\x00--root\x00/r\x00create\x00--bundle=/b\x00-\x00--\x00web\x00"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		args := arguments(events.Args{Raw: raw, Status: events.Complete})
		if len(args) > keptWords {
			t.Fatalf("%d words", len(args))
		}
		for _, bare := range []map[string]bool{nil, podmanFlags} {
			set := flags(args, bare)
			if len(set.words)+len(set.value) > max(0, len(args)-1) {
				t.Errorf("%q: more than there is: %+v", args, set)
			}
			for _, word := range set.words {
				if !slices.Contains(args[1:], word) || strings.HasPrefix(word, "-") {
					t.Errorf("%q: word %q", args, word)
				}
			}
			for name, value := range set.value {
				if !slices.ContainsFunc(args[1:], func(a string) bool { return a == value || strings.HasSuffix(a, "="+value) && strings.Contains(a, name) }) {
					t.Errorf("%q: %s is %q", args, name, value)
				}
			}
		}
		for program, k := range programs {
			if k.line.call == nil {
				continue
			}
			if c := k.line.call(events.Args{Raw: raw, Status: events.Complete}); c.ID != "" && !validID(c.ID) {
				t.Errorf("%s: id %q", program, c.ID)
			}
		}
	})
}
