package html_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/html"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
)

// split takes a page apart: policy, style, data, script.
func split(t testing.TB, page []byte) (all [4][]byte) {
	t.Helper()
	for i, marks := range [][2]string{
		{`<meta http-equiv="Content-Security-Policy" content="`, `">`}, {"<style>", "</style>"},
		{`<script type="application/json" id="data">`, "</script>"}, {"<script>", "</script>\n</body>\n</html>\n"},
	} {
		_, rest, begins := bytes.Cut(page, []byte(marks[0]))
		part, rest, ends := bytes.Cut(rest, []byte(marks[1]))
		if !begins || !ends {
			t.Fatalf("page has no %s in its place: %.600s", marks[0], page)
		}
		all[i], page = part, rest
	}
	if len(page) > 0 {
		t.Fatalf("page goes on: %.600s", page)
	}
	return all
}

// TestPolicy: nothing but the one style and the one script may act, by their hash.
func TestPolicy(t *testing.T) {
	all := split(t, recorded(t, "docker-run.zst"))
	hash := func(b []byte) string {
		sum := sha256.Sum256(b)
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	want := "default-src 'none'; script-src " + hash(all[3]) + "; style-src " + hash(all[1]) + "; img-src data:; base-uri 'none'; form-action 'none'"
	if got := string(all[0]); got != want {
		t.Errorf("policy\n got %s\nwant %s", got, want)
	}
	for _, forbidden := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "DOMParser", "http://", "https://", "import(", "fetch("} {
		if bytes.Contains(bytes.ReplaceAll(all[3], []byte("http://www.w3.org/2000/svg"), nil), []byte(forbidden)) {
			t.Errorf("the script has %s", forbidden)
		}
	}
	if i := bytes.IndexFunc(all[3], func(r rune) bool { return r == unicode.ReplacementChar || r == '\r' }); i >= 0 {
		t.Errorf("the script has a byte that is no text at %d", i)
	}
}

// TestHostile: S01, S02, S03, S10; the strings are inert, and what they were can be read.
func TestHostile(t *testing.T) {
	h, all := attacked()
	whole := page(t, h, all, html.About{File: hostile[0], Damage: hostile[1], Skipped: hostile[2]})
	inert := split(t, page(t, header(), nil, html.About{}))
	got := split(t, whole)
	if !bytes.Equal(got[0], inert[0]) || !bytes.Equal(got[1], inert[1]) || !bytes.Equal(got[3], inert[3]) {
		t.Error("policy, style or script depend on the recording")
	}
	if i := bytes.IndexAny(got[2], "<>&\u2028\u2029"); i >= 0 {
		t.Errorf("the data has live characters: %.80q", got[2][i:])
	}
	if i := bytes.IndexFunc(bytes.TrimSpace(got[2]), func(r rune) bool { return !unicode.IsGraphic(r) }); i >= 0 {
		t.Errorf("the data has raw control or bidi characters: %.80q", got[2][i:])
	}
	var data struct {
		Meta    struct{ File, Damage, Host string }
		Strings []string
	}
	if err := json.Unmarshal(got[2], &data); err != nil {
		t.Fatal(err)
	}
	if data.Meta.File != hostile[0] || data.Meta.Damage != hostile[1] || data.Meta.Host != hostile[0] {
		t.Errorf("meta: %+v", data.Meta)
	}
	for _, bad := range hostile {
		if want := safe.String("/x/" + bad); !slices.ContainsFunc(data.Strings, func(s string) bool { return s == "cgroup "+want }) {
			t.Errorf("no string is %q", want)
		}
	}
	for _, s := range data.Strings {
		if !safe.Clean(s) {
			t.Errorf("%q is not safe for a terminal", s)
		}
	}
}

// TestEmpty: a stream without an event has its page, and no null in it.
func TestEmpty(t *testing.T) {
	data := split(t, page(t, header(), nil, html.About{}))[2]
	if !json.Valid(data) || bytes.Contains(data, []byte("null")) {
		t.Errorf("data: %s", data)
	}
}

// TestColumns: every column of a table is equally long, and every number in one leads
// somewhere.
func TestColumns(t *testing.T) {
	for _, name := range []string{"docker-run.zst", "docker-stop.zst", "nested-unshare.zst"} {
		var data map[string]json.RawMessage
		if err := json.Unmarshal(split(t, recorded(t, name))[2], &data); err != nil {
			t.Fatal(err)
		}
		var texts []string
		if err := json.Unmarshal(data["strings"], &texts); err != nil {
			t.Fatal(err)
		}
		lengths := map[string]int{}
		for _, table := range []string{"processes", "events", "moves"} {
			var columns map[string][]json.RawMessage
			if err := json.Unmarshal(data[table], &columns); err != nil {
				t.Fatal(err)
			}
			for column, values := range columns {
				if n, ok := lengths[table]; ok && n != len(values) {
					t.Errorf("%s: %s.%s has %d rows and another column %d", name, table, column, len(values), n)
				}
				lengths[table] = len(values)
			}
		}
		if lengths["processes"] < 5 || lengths["events"] < 20 {
			t.Errorf("%s: %v", name, lengths)
		}
		var references struct {
			Processes struct {
				Parent, Creator, Name, Command []int
				KilledBy                       []int `json:"killed_by"`
			}
			Events struct{ Process, Other, What []int }
		}
		if err := json.Unmarshal(data["processes"], &references.Processes); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data["events"], &references.Events); err != nil {
			t.Fatal(err)
		}
		for column, values := range map[string][]int{
			"parent": references.Processes.Parent, "creator": references.Processes.Creator, "killed_by": references.Processes.KilledBy,
			"event.process": references.Events.Process, "event.other": references.Events.Other,
		} {
			for row, n := range values {
				if n < -1 || n >= lengths["processes"] {
					t.Errorf("%s: %s of row %d is %d", name, column, row, n)
				}
			}
		}
		for _, n := range slices.Concat(references.Processes.Name, references.Processes.Command, references.Events.What) {
			if n < 0 || n >= len(texts) {
				t.Errorf("%s: text %d of %d", name, n, len(texts))
			}
		}
	}
}

// TestStories: the words are those of the other commands.
func TestStories(t *testing.T) {
	data := string(split(t, recorded(t, "docker-stop.zst"))[2])
	for _, want := range []string{
		"ignored by this PID 1", "reaping the PID namespace of", "With its PID 1 gone, the kernel killed what was left", "because that is the nearest subreaper",
	} {
		if want == "because that is the nearest subreaper" {
			data = string(split(t, recorded(t, "docker-run.zst"))[2])
		}
		if !strings.Contains(data, want) {
			t.Errorf("the data does not say %q", want)
		}
	}
}

// TestDeep: F03, processes below one another in any number make no page that grows with
// their square.
func TestDeep(t *testing.T) {
	s := &stream{}
	s.snapshot(process(1, 0, "init"))
	deep := int32(20_000 / slower)
	for pid := int32(2); pid <= deep; pid++ {
		s.fork(process(pid, pid-1, "fork"))
	}
	if n := len(page(t, header(), s.all, html.About{})) / int(deep); n > 4096 {
		t.Errorf("%d bytes a process", n)
	}
}

// BenchmarkPage makes the report of 100 k events.
func BenchmarkPage(b *testing.B) {
	all := many(100_000)
	for b.Loop() {
		b.SetBytes(int64(len(page(b, header(), all, html.About{Whole: true}))))
	}
}
