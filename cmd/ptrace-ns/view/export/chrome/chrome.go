// Package chrome writes an event stream as trace events in JSON, the format of
// chrome://tracing, which ui.perfetto.dev and speedscope read too.
//
// What is on which track is decided by package tracks; here is only how it is spelt.
package chrome

import (
	"encoding/json"
	"io"
	"strconv"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/jsontext"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/tracks"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// event is one trace event. Times are microseconds, with the nanoseconds behind the
// point.
type event struct {
	Name     string         `json:"name"`
	Category string         `json:"cat,omitempty"`
	Phase    string         `json:"ph"`
	At       json.Number    `json:"ts,omitempty"`
	Duration json.Number    `json:"dur,omitempty"`
	PID      int64          `json:"pid"`
	TID      int64          `json:"tid"`
	ID       string         `json:"id,omitempty"`
	Bind     string         `json:"bp,omitempty"`
	Scope    string         `json:"s,omitempty"`
	Args     map[string]any `json:"args,omitempty"`
}

// Trace is a Sink. A slice is written when it ends, so that what is kept grows with
// the processes that live.
type Trace struct {
	*tracks.Recorder
	out   io.Writer
	b     []byte
	begun bool
	open  map[*tracks.Track][]event
	start map[*tracks.Track][]uint64
	ids   map[*tracks.Track]int64
	used  map[int64]bool
	next  int64
}

// beyond is the first number that no process of a kernel has (PID_MAX_LIMIT).
const beyond = 1 << 22

// New returns an empty trace that is written to w.
func New(w io.Writer, h *events.Header) *Trace {
	t := &Trace{
		out: w, open: map[*tracks.Track][]event{}, start: map[*tracks.Track][]uint64{},
		ids: map[*tracks.Track]int64{}, used: map[int64]bool{}, next: beyond,
	}
	t.Recorder = tracks.New(h, t.mark)
	return t
}

// Flush writes out what there is.
func (t *Trace) Flush() error {
	if len(t.b) == 0 {
		return nil
	}
	_, err := t.out.Write(t.b)
	t.b = t.b[:0]
	return err
}

// Finish ends what is still open at the time of the last event, and names the tracks.
func (t *Trace) Finish() error {
	all, last := t.Recorder.Finish()
	for _, track := range all {
		for len(t.open[track]) > 0 {
			if err := t.end(&tracks.Mark{Track: track, At: last, Facts: []tracks.Fact{{Name: "end", Text: "not in the recording"}}}); err != nil {
				return err
			}
		}
	}
	for i, track := range all {
		if err := t.name(track, i); err != nil {
			return err
		}
	}
	if !t.begun {
		t.b = append(t.b, `{"traceEvents":[`...)
	}
	t.b = append(t.b, "\n],\"displayTimeUnit\":\"ns\"}\n"...)
	return t.Flush()
}

// place returns the numbers of a track. A process has the host's PID, unless another
// process had it before; it and what is no process get one beyond all PIDs.
func (t *Trace) place(track *tracks.Track) (pid, tid int64) {
	if track.Kind == tracks.Thread {
		pid, _ = t.place(track.Parent)
		return pid, int64(track.TID)
	}
	id, ok := t.ids[track]
	if !ok {
		id = int64(track.PID)
		if id <= 0 || t.used[id] {
			id = t.next
			t.next++
		}
		t.used[id], t.ids[track] = true, id
	}
	return id, id
}

func (t *Trace) mark(m *tracks.Mark) error {
	if m.Phase == tracks.End {
		return t.end(m)
	}
	e := event{Name: m.Name, Category: m.Category, Args: args(nil, m.Facts)}
	e.PID, e.TID = t.place(m.Track)
	if m.Phase == tracks.Begin {
		t.open[m.Track] = append(t.open[m.Track], e)
		t.start[m.Track] = append(t.start[m.Track], m.At)
	} else {
		e.Phase, e.At, e.Scope = "i", micro(m.At), "t"
		if err := t.write(e); err != nil {
			return err
		}
	}
	return t.flow(m, e)
}

// flow writes the ends of arrows, bound to the slices around them.
func (t *Trace) flow(m *tracks.Mark, at event) error {
	arrow := event{Name: "flow", Category: "flow", At: micro(m.At), PID: at.PID, TID: at.TID}
	if m.Out != 0 {
		arrow.Phase, arrow.ID = "s", strconv.FormatUint(m.Out, 10)
		if err := t.write(arrow); err != nil {
			return err
		}
	}
	if m.In != 0 {
		arrow.Phase, arrow.ID, arrow.Bind = "f", strconv.FormatUint(m.In, 10), "e"
		return t.write(arrow)
	}
	return nil
}

// end writes the innermost open slice of a track.
func (t *Trace) end(m *tracks.Mark) error {
	n := len(t.open[m.Track]) - 1
	e, from := t.open[m.Track][n], t.start[m.Track][n]
	t.open[m.Track], t.start[m.Track] = t.open[m.Track][:n], t.start[m.Track][:n]
	if n == 0 {
		delete(t.open, m.Track)
		delete(t.start, m.Track)
	}
	e.Phase, e.At, e.Duration, e.Args = "X", micro(from), micro(max(m.At, from)-from), args(e.Args, m.Facts)
	return t.write(e)
}

// name writes what a track is called and where it belongs: the format has no tree of
// processes, so that the groups above are labels.
func (t *Trace) name(track *tracks.Track, order int) error {
	about := event{Phase: "M"}
	about.PID, about.TID = t.place(track)
	if track.Kind == tracks.Thread {
		about.Name, about.Args = "thread_name", map[string]any{"name": track.Name}
		return t.write(about)
	}
	all := []event{about, about, about}
	all[0].Name, all[0].Args = "process_name", map[string]any{"name": track.Name}
	all[1].Name, all[1].Args = "process_sort_index", map[string]any{"sort_index": order}
	var labels string
	for up := track.Parent; up != nil; up = up.Parent {
		if labels != "" {
			labels += ", in "
		}
		labels += up.Name
	}
	all[2].Name, all[2].Args = "process_labels", map[string]any{"labels": labels}
	if labels == "" {
		all = all[:2]
	}
	for _, e := range all {
		if err := t.write(e); err != nil {
			return err
		}
	}
	return nil
}

// enough is what is written at once.
const enough = 1 << 16

func (t *Trace) write(e event) (err error) {
	if !t.begun {
		t.begun = true
		t.b = append(t.b, `{"traceEvents":[`...)
	} else {
		t.b = append(t.b, ',')
	}
	t.b = append(t.b, '\n')
	if t.b, err = jsontext.Append(t.b, e); err != nil || len(t.b) < enough {
		return err
	}
	return t.Flush()
}

func args(to map[string]any, facts []tracks.Fact) map[string]any {
	for _, f := range facts {
		if to == nil {
			to = map[string]any{}
		}
		name := f.Name
		if _, ok := to[name]; ok {
			name = "end_" + name // what was said at the beginning stays
		}
		if f.Text != "" {
			to[name] = f.Text
		} else {
			to[name] = f.Number
		}
	}
	return to
}

// micro is nanoseconds as microseconds, exactly.
func micro(ns uint64) json.Number {
	b := strconv.AppendUint(nil, ns/1000, 10)
	if rest := ns % 1000; rest != 0 {
		b = append(b, '.')
		b = append(b, byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10))
	}
	return json.Number(b)
}
