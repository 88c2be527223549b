package recording_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/recording"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/record"
)

// heavy is an event whose arguments do not compress and that escapes make longer.
func heavy(seq uint64, n int, random *rand.Rand) *events.Event {
	ev := noise(seq)
	var raw []byte
	for len(raw) < n {
		raw = binary.LittleEndian.AppendUint64(raw, random.Uint64())
	}
	ev.Process.Args = events.ArgsOf(string(raw[:n]))
	return ev
}

// limits is a run whose events are of up to most bytes.
type limits struct {
	name  string
	o     recording.Options
	most  int
	ends  bool // it is full in the end
	lines bool
}

// TestLimits holds both bounds at any moment, the trailer included, for events of any
// size, and that what was taken is there.
func TestLimits(t *testing.T) {
	const k = 1 << 10
	for i, c := range []limits{
		{"max", recording.Options{MaxSize: 128 * k}, 100, true, false},
		{"max, large events", recording.Options{MaxSize: 128 * k}, 30000, true, false},
		{"max, of lines", recording.Options{MaxSize: 128 * k}, 3000, true, true},
		{"rotate", recording.Options{RotateSize: 64 * k}, 1000, false, false},
		{"rotate, events too large", recording.Options{RotateSize: 64 * k}, 200_000, false, false},
		{"rotate, lines too large", recording.Options{RotateSize: 64 * k}, 200_000, false, true},
		{"rotate and max", recording.Options{RotateSize: 64 * k, MaxSize: 200 * k}, 3000, true, false},
		{"rotate, max, keep", recording.Options{RotateSize: 64 * k, MaxSize: 200 * k, Keep: 100}, 3000, false, false},
		{"rotate, max, keep, too large", recording.Options{RotateSize: 64 * k, MaxSize: 100 * k, Keep: 100}, 200_000, false, false},
		{"rotate, max, keep, lines", recording.Options{RotateSize: 64 * k, MaxSize: 150 * k, Keep: 2}, 30000, false, true},
	} {
		t.Run(c.name, func(t *testing.T) { c.hold(t, rand.New(rand.NewPCG(uint64(i), 5))) })
	}
}

func (c limits) hold(t *testing.T, random *rand.Rand) {
	dir := t.TempDir()
	c.o.Path = filepath.Join(dir, "a.zst")
	if c.lines {
		c.o.Path = filepath.Join(dir, "a.ndjson")
	}
	r := recorder(t, c.o)
	var err error
	taken := uint64(0)
	for sum := 0; err == nil && sum < 3<<20; {
		n := random.IntN(c.most)
		sum += n + 300
		if err = r.Put(heavy(taken+1, n, random)); err == nil {
			taken++
		}
		if r.Size() > c.o.MaxSize && c.o.MaxSize > 0 {
			t.Fatalf("%d bytes after %d events", r.Size(), taken)
		}
	}
	if c.ends != errors.Is(err, recording.ErrFull) || !c.ends && err != nil {
		t.Fatalf("the error is %v", err)
	}
	if err := r.Put(noise(1)); c.ends && !errors.Is(err, recording.ErrFull) {
		t.Errorf("once it is full, Put returns %v", err)
	} else if err == nil {
		taken++
	}
	if err := r.Close(record.Trailer{Lost: 1 << 60, BirthsFork: 1 << 61, BirthsNewtask: 1 << 62}); err != nil {
		t.Fatal(err)
	}
	total, all := sizes(t, dir)
	if total != r.Size() || c.o.MaxSize > 0 && (total > c.o.MaxSize || c.most <= 3000 && total < c.o.MaxSize/4) {
		t.Errorf("%d bytes, told are %d", total, r.Size())
	}
	for name, n := range all {
		if c.o.RotateSize > 0 && n > c.o.RotateSize {
			t.Errorf("%s has %d bytes", name, n)
		}
		if n == 0 {
			t.Errorf("%s is empty", name)
		}
	}
	c.count(t, r, dir, slices.Collect(keys(all)), taken)
}

func keys(all map[string]int64) func(func(string) bool) {
	return func(yield func(string) bool) {
		for name := range all {
			if !yield(name) {
				return
			}
		}
	}
}

// count compares what is there with what was taken and with what the recorder says.
func (c limits) count(t *testing.T, r *recording.Recorder, dir string, files []string, taken uint64) {
	if n := r.Written()[events.Snapshot]; n != taken || len(r.Written()) != 1 {
		t.Errorf("%d events were taken, written are %v", taken, r.Written())
	}
	if c.lines || c.o.Keep > 0 {
		return
	}
	n := 0
	for _, name := range files {
		n += len(seqs(t, filepath.Join(dir, name)))
	}
	if n != int(taken) {
		t.Errorf("%d events are there, %d were taken", n, taken)
	}
}

// TestTooLargeForAFile takes an event for which no file has room without its arguments,
// and says that they are cut.
func TestTooLargeForAFile(t *testing.T) {
	dir := t.TempDir()
	r := recorder(t, recording.Options{Path: filepath.Join(dir, "a.zst"), RotateSize: 64 << 10})
	ev := heavy(1, 200_000, rand.New(rand.NewPCG(1, 1)))
	if err := r.Put(ev); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(record.Trailer{}); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(dir, "a.zst"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in, err := record.NewReader(f, record.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := in.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if a := got.Process.Args; a.Status != events.Truncated || a.Size != 200_001 || len(a.Raw) != 0 {
		t.Errorf("the arguments are %d bytes of %d, %v", len(a.Raw), a.Size, a.Status)
	}
	if ev.Process.Args.Status != events.Complete {
		t.Error("the event is changed for others")
	}
}

// TestRotateToWhatIsBusy passes over a name that another recorder is about to replace.
func TestRotateToWhatIsBusy(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"a.zst", "a-2.zst"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(fmt.Sprint(i)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	other := create(t, filepath.Join(dir, "a-2.zst"), recording.FileOptions{Replace: true})
	r := recorder(t, recording.Options{Path: filepath.Join(dir, "a.zst"), Replace: true, RotateSize: 64 << 10})
	random := rand.New(rand.NewPCG(1, 1))
	for seq := uint64(1); seq <= 2; seq++ {
		if err := r.Put(heavy(seq, 20_000, random)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(r.Close(record.Trailer{}), other.Discard()); err != nil {
		t.Fatal(err)
	}
	if got, want := names(t, dir), []string{"a-2.zst", "a-3.zst", "a.zst"}; !slices.Equal(got, want) {
		t.Fatalf("there are %q, want %q", got, want)
	}
	if got := content(t, filepath.Join(dir, "a-2.zst")); got != "1" {
		t.Errorf("the other's file has %q", got)
	}
}
