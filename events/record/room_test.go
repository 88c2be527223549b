package record_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/events/record"
)

// largest is a trailer of all kinds with counts that compress badly.
func largest() record.Trailer {
	random := rand.New(rand.NewPCG(1, 2))
	count := func() uint64 { return math.MaxUint64 - random.Uint64N(math.MaxUint64/2) }
	t := record.Trailer{Lost: count(), BirthsNewtask: count(), BirthsFork: count(), Mispredicted: count(), Kernel: map[events.Kind]ndjson.Counts{}}
	for _, kind := range events.Kinds() {
		t.Kernel[kind] = ndjson.Counts{Emitted: count(), Received: count(), Dropped: count(), Missed: count(), Filtered: count()}
	}
	return t
}

// long is an event with n bytes of arguments that do not compress.
func long(seq uint64, n int, random *rand.Rand) *events.Event {
	ev := life(int(seq % 1000))[1]
	ev.Seq = seq
	text := make([]byte, n)
	for i := range text {
		text[i] = byte(33 + random.IntN(94))
	}
	ev.Process.Args = events.ArgsOf("x", string(text))
	return ev
}

// TestMaxBytes holds the bound for events of any size, the trailer included, and that
// nearly all of the room is used.
func TestMaxBytes(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for round := range 40 {
		limit := int64(16<<10 + random.IntN(64<<10))
		size := []int{10, 300, 5000, 40000}[round%4]
		d := &disk{}
		w := writer(t, d, record.Options{MaxBytes: limit, FlushEvery: time.Hour, FrameBytes: []int{0, 4 << 10}[round%2]})
		taken := uint64(0)
		for !noRoom(t, w.Put(long(taken+1, random.IntN(size), random))) {
			taken++
		}
		if err := w.Close(largest()); err != nil {
			t.Fatal(err)
		}
		file := d.content()
		if n := int64(len(file)); n > limit || n < limit-int64(2*size)-8<<10 {
			t.Errorf("round %d: %d bytes of %d, events of up to %d", round, n, limit, size)
		}
		_, lines, _ := read(t, file, record.ReadOptions{})
		if uint64(len(lines)) != taken {
			t.Errorf("round %d: %d events are there, %d were taken", round, len(lines), taken)
		}
	}
}

func noRoom(t *testing.T, err error) bool {
	t.Helper()
	if err != nil && !errors.Is(err, record.ErrNoRoom) {
		t.Fatal(err)
	}
	return err != nil
}

// TestMaxBytesOfWhatCompresses takes an event whose line is longer than the file may be.
func TestMaxBytesOfWhatCompresses(t *testing.T) {
	d := &disk{}
	w := writer(t, d, record.Options{MaxBytes: 16 << 10, FlushEvery: time.Hour})
	ev := life(0)[1]
	ev.Process.Args = events.ArgsOf(fmt.Sprintf("%100000d", 1))
	put(t, w, life(1)[0], ev)
	if err := w.Close(largest()); err != nil {
		t.Fatal(err)
	}
	if n := len(d.content()); n > 16<<10 {
		t.Errorf("%d bytes", n)
	}
}

func TestNoRoomForTheHeader(t *testing.T) {
	if _, err := record.NewWriter(&disk{}, header(), record.Options{MaxBytes: 4 << 10}); !errors.Is(err, record.ErrNoRoom) {
		t.Errorf("%v", err)
	}
}

// TestWritten counts what is in the file, and not what waits or what a full disk took.
func TestWritten(t *testing.T) {
	d := &disk{}
	w := writer(t, d, record.Options{FlushEvery: time.Hour})
	put(t, w, life(1)...)
	if got := w.Written(); len(got) != 0 {
		t.Errorf("while all waits: %v", got)
	}
	if err := w.Sync(); err != nil {
		t.Fatal(err)
	}
	d.room = len(d.content()) + 10
	put(t, w, life(2)...)
	if err := w.Sync(); !errors.Is(err, errFull) {
		t.Fatal(err)
	}
	want := map[events.Kind]uint64{events.Fork: 1, events.Exec: 1, events.Exit: 1}
	if got := w.Written(); !maps.Equal(got, want) {
		t.Errorf("on a full disk: %v", got)
	}
}
