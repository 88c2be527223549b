package recording_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/recording"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/events/record"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// inParts records events in a new file every so many, and returns the files in order.
func inParts(t *testing.T, h *events.Header, all []*events.Event, every int, ending string) (files []string) {
	t.Helper()
	dir := t.TempDir()
	now := time.Unix(1000, 0)
	r, err := recording.Create(recording.Options{
		Path: filepath.Join(dir, "a."+ending), RotateEvery: time.Minute, Now: func() time.Time { return now },
	})
	if err == nil {
		err = r.Begin(h)
	}
	for i, ev := range all {
		if err == nil && i > 0 && i%every == 0 {
			now = now.Add(time.Minute)
		}
		if err == nil {
			err = r.Put(ev)
		}
	}
	if err == nil {
		err = r.Close(record.Trailer{Lost: 7})
	}
	if err != nil {
		t.Fatal(err)
	}
	total := uint64(0)
	for _, n := range r.Written() {
		total += n
	}
	if total != uint64(len(all)) {
		t.Errorf("%d events are said to be written, and there were %d", total, len(all))
	}
	for i := range r.Files() {
		name := "a." + ending
		if i > 0 {
			name = fmt.Sprintf("a-%d.%s", i+1, ending)
		}
		files = append(files, filepath.Join(dir, name))
	}
	return files
}

// fold is who lives by a stream, with what is known of each.
func fold(all []*events.Event) map[events.ProcKey]events.Process {
	m := tree.New(tree.Options{})
	for _, ev := range all {
		m.Recall(ev)
	}
	lives := map[events.ProcKey]events.Process{}
	for p := range m.All() {
		if p.State == tree.Live {
			d := p.Describe()
			lives[p.Key] = d.Clone()
		}
	}
	return lives
}

// differs names what is told of a process otherwise than it was known. A fork tells the
// arguments that the model takes from an exec alone; a part that begins with a reparent
// event may tell the parent before it.
func differs(got, want *events.Process, next *events.Event) string {
	reparented := next.Reparent != nil && next.Process.Key == want.Key
	switch {
	case got.Comm != want.Comm || got.Exe != want.Exe:
		return "name"
	case len(want.Args.Raw) > 0 && !slices.Equal(got.Args.Strings(), want.Args.Strings()):
		return "args"
	case got.Parent.Key != want.Parent.Key && !reparented:
		return "parent"
	case got.Cgroup.Path != want.Cgroup.Path || !got.Container.Equal(want.Container):
		return "container"
	case want.Role != "" && got.Role != want.Role:
		return "role"
	case got.HasIDs || got.Cwd != "" || got.Subreaper || !slices.Equal(got.Chain, want.Chain):
		return "rights or chain"
	}
	return ""
}

// TestPartsTellWhoLives takes real recordings apart: each part by itself tells of those
// who lived when it began what all before it told.
func TestPartsTellWhoLives(t *testing.T) {
	found, err := filepath.Glob("../../../testdata/recordings/*.zst")
	if err != nil || len(found) < 5 {
		t.Fatalf("%d recordings, %v", len(found), err)
	}
	for _, path := range found {
		t.Run(filepath.Base(path), func(t *testing.T) {
			h, all := readBack(t, path)
			const every = 17
			told := 0
			for i, file := range inParts(t, h, all, every, "zst") {
				ph, part := readBack(t, file)
				again := int(number(ph, record.OptionSnapshot))
				told += again
				if i == 0 {
					continue
				}
				if again > len(part) || len(part)-again > every {
					t.Fatalf("part %d has %d events and tells %d again", i+1, len(part), again)
				}
				want, got := fold(all[:i*every]), fold(part[:again])
				for key, is := range got {
					was := want[key]
					if what := differs(&is, &was, all[i*every]); what != "" {
						t.Errorf("part %d, %s of %v:\n got %+v\nwant %+v", i+1, what, key, is, was)
					}
				}
				for key, was := range want {
					// Of some only a name was told.
					if _, ok := got[key]; !ok && was.Exe != "" {
						t.Errorf("part %d lacks %v, %s", i+1, key, was.Exe)
					}
				}
			}
			if told == 0 {
				t.Error("nobody is told again")
			}
		})
	}
}

func number(h *events.Header, option string) int64 {
	n, _ := h.Options[option].(int64)
	return n
}

// TestPartsJoined: what cat joins is the recording that it would have been in one file,
// trailer included.
func TestPartsJoined(t *testing.T) {
	h, all := readBack(t, "../../../testdata/recordings/docker-run.zst")
	for _, ending := range []string{"zst", "ndjson"} {
		files := inParts(t, h, all, 17, ending)
		if len(files) < 4 {
			t.Fatalf("%d files", len(files))
		}
		got, tr, err := joined(t, files)
		if err != nil {
			t.Fatal(err)
		}
		if want := lines(all); !slices.Equal(got, want) {
			t.Errorf("%s: %d events, want %d", ending, len(got), len(want))
		}
		byKind := map[events.Kind]uint64{}
		for _, ev := range all {
			byKind[ev.Kind]++
		}
		maps.DeleteFunc(tr.ByKind, func(_ events.Kind, n uint64) bool { return n == 0 })
		if tr.Events != uint64(len(all)) || tr.Lost != 7 || !maps.Equal(tr.ByKind, byKind) {
			t.Errorf("%s: the trailer says %+v of %d events %v", ending, tr, len(all), byKind)
		}
		for name, wrong := range map[string][]string{
			"one is missing":  {files[0], files[2]},
			"one comes twice": {files[0], files[1], files[1]},
			"the wrong way":   {files[1], files[0]},
		} {
			var damaged *record.DamagedError
			if _, _, err := joined(t, wrong); !errors.As(err, &damaged) || damaged.Resumable {
				t.Errorf("%s, %s: %v", ending, name, err)
			}
		}
	}
}

func joined(t *testing.T, files []string) (all []string, tr record.Trailer, err error) {
	t.Helper()
	var joined []byte
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		joined = append(joined, b...)
	}
	r, err := record.NewReader(bytes.NewReader(joined), record.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for {
		ev, err := r.Next(context.Background())
		if errors.Is(err, io.EOF) {
			tr, _ = r.Trailer()
			return all, tr, nil
		}
		if err != nil {
			return all, tr, err
		}
		all = append(all, lines([]*events.Event{ev})...)
	}
}

func lines(all []*events.Event) (text []string) {
	for _, ev := range all {
		text = append(text, string(ndjson.AppendEvent(nil, ev, 1)))
	}
	return text
}

// TestPartsHaveRoom: what is told again never fills a small file, and what had no room is
// counted. Kernel threads go first.
func TestPartsHaveRoom(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	dir := t.TempDir()
	r := recorder(t, recording.Options{Path: filepath.Join(dir, "a.zst"), RotateSize: 64 << 10})
	for seq := uint64(1); r.Files() < 4; seq++ {
		ev := heavy(seq, 300, random)
		ev.Process.Kthread = seq%2 == 0
		if err := r.Put(ev); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Close(record.Trailer{}); err != nil {
		t.Fatal(err)
	}
	h, part := readBack(t, filepath.Join(dir, "a-2.zst"))
	again, left := number(h, record.OptionSnapshot), number(h, record.OptionLeftOut)
	if again == 0 || left == 0 || int64(len(part)) < 2*again {
		t.Fatalf("%d of %d events are told again, %d are left out", again, len(part), left)
	}
	for i, ev := range part {
		if i > 0 && ev.Seq != part[i-1].Seq+1 {
			t.Errorf("event %d comes behind %d", ev.Seq, part[i-1].Seq)
		}
		if i < int(again) && (ev.Kind != events.Snapshot || ev.Process.Kthread) {
			t.Errorf("event %d, a %s of %s, is told again", ev.Seq, ev.Kind, ev.Process.Comm)
		}
	}
}
