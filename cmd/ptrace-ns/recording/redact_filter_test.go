package recording

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// ownPatterns are some that a user may give: with words and without, of other alphabets,
// that match nothing and that match everywhere.
var ownPatterns = []string{"default", `sekret.*`, `^key(\d+)$`, `\d{4}`, `(?i)straße|größe=(\S+)`, `[KkÅ]elvin`, `x*`, `[^\x00-\x{10FFFF}]`, `(?:a|)b+c?`}

// both returns a Redaction, and one that tries all patterns on all texts.
func both(patterns ...string) (quick, plain *Redaction) {
	quick, err := ParseRedaction(patterns)
	if err != nil {
		panic(err)
	}
	return quick, quick.Plainly()
}

// TestFilterHidesNothing: what is taken out is what all patterns find, whatever is put
// together of what they look for.
func TestFilterHidesNothing(t *testing.T) {
	quick, plain := both("default")
	own, ownPlain := both(ownPatterns...)
	names, scripts := programs()
	var parts []*rapid.Generator[string]
	for _, p := range slices.Concat(usual, scripts, names, []string{assignment, before}) {
		parts = append(parts, rapid.StringMatching(strings.ReplaceAll(p, `\b`, "")))
	}
	parts = append(parts,
		rapid.SampledFrom([]string{"-p", "-u", "-w", "-c", "-lc", "--user", "-e", "login", "--name", "=", ":", "@", "'", `"`, " ", "\n", "/", "--", "Straße", "ſ", "\u212a", "\xc5", "\xe2\x84", "1234"}),
		rapid.StringN(0, 9, -1), rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 6), func(b []byte) string { return string(b) }))
	oneOf := rapid.OneOf(parts...)
	changed := 0
	rapid.Check(t, func(t *rapid.T) {
		vector := rapid.SliceOfN(rapid.Map(rapid.SliceOfN(oneOf, 0, 3), func(some []string) string { return strings.Join(some, "") }), 0, 5)
		args := events.ArgsOf(vector.Draw(t, "args")...)
		args.Raw = args.Raw[:len(args.Raw)-min(rapid.IntRange(0, 2).Draw(t, "cut"), len(args.Raw))]
		for _, c := range []struct{ quick, plain *Redaction }{{quick, plain}, {own, ownPlain}} {
			sameVector(t, c.quick.Args(args), c.plain.Args(args))
			sameVector(t, c.quick.Env(args), c.plain.Env(args))
		}
		if quick.Args(args).Redacted {
			changed++
		}
	})
	if changed == 0 {
		t.Error("nothing had a secret")
	}
}

func sameVector(t interface{ Fatalf(string, ...any) }, got, want events.Args) {
	if got.Redacted != want.Redacted || !bytes.Equal(got.Raw, want.Raw) {
		t.Fatalf("got %q, and %q without the filter", got.Raw, want.Raw)
	}
}

// TestMarkedWhereItMatches: a text that a pattern matches has its mark.
func TestMarkedWhereItMatches(t *testing.T) {
	names, scripts := programs()
	for _, p := range slices.Concat(usual, scripts, names, []string{assignment, before}, ownPatterns[1:]) {
		if p == `[^\x00-\x{10FFFF}]` {
			continue // nothing does
		}
		var f filter
		one := f.all(p)[0]
		f.build()
		text := rapid.StringMatching(strings.ReplaceAll(p, `\b`, ""))
		rapid.Check(t, func(t *rapid.T) {
			if s := text.Draw(t, "text"); one.MatchString(s) && !one.may(f.marks([]byte(s))) {
				t.Fatalf("%q matches %s and is not marked", s, p)
			}
		})
	}
}

func TestWords(t *testing.T) {
	for p, want := range map[string][]string{
		`abc`:                 {"abc"},
		`(?i)Token=\S+`:       {"token="},
		`a[bC]d|x+yz`:         {"abd", "acd", "yz"},
		`(?:api-?_?)key`:      {"api-_key", "api-key", "api_key", "apikey"},
		`\w+(?:pass|bypass)`:  {"pass"},
		`^--?(secret)\b.*end`: {"-secret"},
		`(?i)\x{212a}\x{17f}`: {"ks"},
		`é=abc`:               nil,
		`(?:a|)`:              nil,
		`a|\d`:                {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a"},
		`a|.`:                 nil,
		`a*`:                  nil,
		`[A-Z]{3}`:            nil,
		``:                    nil,
	} {
		if got := wordsOf(regexp.MustCompile(p).String()); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", p, got, want)
		}
	}
}

// Most of what runs has no word of any pattern: it costs one pass and no memory.
func TestUsualArgumentsAreNotMarked(t *testing.T) {
	quick, _ := both("default")
	args := events.ArgsOf("/usr/lib/gcc/x86_64-linux-gnu/13/cc1", "-quiet", "-imultiarch", "x86_64-linux-gnu", "-D_FORTIFY_SOURCE=3", "main.c", "-o", "/tmp/größe.s")
	if marks := quick.filter.marks(args.Raw); marks != 0 {
		t.Errorf("marks %x", marks)
	}
	if n := testing.AllocsPerRun(100, func() { quick.Args(args) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkRedact(b *testing.B) {
	quick, plain := both("default")
	for name, args := range map[string]events.Args{
		"true":   events.ArgsOf("/bin/true"),
		"cc1":    events.ArgsOf("/usr/lib/gcc/x86_64-linux-gnu/13/cc1", "-quiet", "-imultiarch", "x86_64-linux-gnu", "-D_FORTIFY_SOURCE=3", "main.c", "-o", "/tmp/x.s"),
		"docker": events.ArgsOf("docker", "run", "--rm", "-e", "DB_PASSWORD=x", "-v", "/srv:/srv", "busybox", "true"),
		"curl":   events.ArgsOf("sh", "-c", "curl -s https://example.org/a | tar x"),
	} {
		for how, r := range map[string]*Redaction{"quick": quick, "plain": plain} {
			b.Run(name+"/"+how, func(b *testing.B) {
				for b.Loop() {
					r.Args(args)
				}
			})
		}
	}
}
