// Package csv writes an event stream as a table (RFC 4180): one event a row, with
// columns for what people sort and filter by, and the event as it is in the last one.
//
// A string of the kernel's or of a file's is written as it is or, where it holds space,
// quotes, backslashes or anything that is not seen, in the quotes of a shell: '…' or
// $'…'. So no cell holds a control character, none begins like a formula of a
// spreadsheet, and the bytes can be had again. Arguments are a command line.
package csv

import (
	"bytes"
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/jsontext"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/text"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/names"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
)

// Columns are the names in the first row.
var Columns = []string{
	"seq", "time", "boot_ns", "cpu", "event", "cause", "id", "pid", "tid", "pids", "pid_namespaces", "ppid", "parent_id", "parent_comm",
	"comm", "exe", "args", "args_truncated", "cwd", "uid", "gid", "cgroup", "role", "container_id", "container_name", "container_image",
	"container_runtime", "pod", "pod_namespace", "pod_uid", "other_id", "other_comm", "exit_code", "exit_signal", "lifetime_ns", "what", "json",
}

// Table is a Sink.
type Table struct {
	out  *csv.Writer
	boot int64
	line []byte
	row  []string
}

// New writes the first row.
func New(w io.Writer, h *events.Header) *Table {
	t := &Table{out: csv.NewWriter(w), boot: h.BootTimeNS}
	_ = t.out.Write(Columns) // its error stays with the writer
	return t
}

// Put writes one row.
func (t *Table) Put(ev *events.Event) error {
	t.row = t.row[:0]
	t.event(ev)
	t.process(&ev.Process)
	t.container(ev.Process.Container)
	t.details(ev)
	t.line = ndjson.AppendEvent(t.line[:0], ev, t.boot)
	t.add(cell(text.What(ev, text.Options{})), string(jsontext.Escape(nil, bytes.TrimSuffix(t.line, []byte{'\n'}))))
	return t.out.Write(t.row)
}

// Flush writes out what there is.
func (t *Table) Flush() error {
	t.out.Flush()
	return t.out.Error()
}

// Finish ends the table.
func (t *Table) Finish() error { return t.Flush() }

func (t *Table) add(cells ...string) { t.row = append(t.row, cells...) }

func (t *Table) event(ev *events.Event) {
	t.add(strconv.FormatUint(ev.Seq, 10), time.Unix(0, t.boot+int64(ev.BootNS)).UTC().Format("2006-01-02T15:04:05.000000000Z"),
		strconv.FormatUint(ev.BootNS, 10), strconv.FormatUint(uint64(ev.CPU), 10), ev.Kind.String(), known(int64(ev.Cause)))
}

func (t *Table) process(p *events.Process) {
	if p.Key.IsZero() {
		t.add(make([]string, 17)...)
		return
	}
	var inums []string
	for _, e := range p.Chain {
		inums = append(inums, strconv.FormatUint(uint64(e.NS.Inum), 10))
	}
	tid := ""
	if p.TID != p.Key.PID {
		tid = known(int64(p.TID))
	}
	t.add(p.Key.String(), known(int64(p.Key.PID)), tid, words.Chain(p.Chain, ">"), strings.Join(inums, ">"))
	ppid := ""
	if len(p.Chain) > 0 {
		ppid = strconv.Itoa(int(p.Parent.Key.PID))
	}
	t.add(ppid)
	t.ref(p.Parent)
	args, truncated := "", ""
	if p.Args.Known() {
		args = vector(p.Args)
		truncated = strconv.FormatBool(p.Args.Status == events.Truncated)
	}
	t.add(word(p.Comm), word(p.Exe), args, truncated, word(p.Cwd))
	if p.HasIDs {
		t.add(strconv.FormatUint(uint64(p.UID), 10), strconv.FormatUint(uint64(p.GID), 10))
	} else {
		t.add("", "")
	}
	t.add(word(p.Cgroup.Path), word(p.Role))
}

func (t *Table) ref(r events.Ref) {
	if r.IsZero() {
		t.add("", "")
		return
	}
	t.add(r.Key.String(), word(r.Comm))
}

func (t *Table) container(c *events.Container) {
	if c == nil {
		c = &events.Container{}
	}
	for _, s := range []string{c.ID, c.Name, c.Image, c.Runtime, c.Pod, c.PodNS, c.PodUID} {
		t.add(word(s))
	}
}

// details writes the other process of the event: who forked, sent, made or adopted.
func (t *Table) details(ev *events.Event) {
	var other events.Ref
	switch {
	case ev.Fork != nil:
		other = ev.Fork.Creator
	case ev.Signal != nil:
		other = ev.Signal.Sender
	case ev.Reparent != nil:
		other = ev.Reparent.To
	case ev.Exit != nil && ev.Exit.Killer != nil:
		other = ev.Exit.Killer.Sender
	case ev.Kind == events.PidnsReap && ev.Pidns != nil:
		other = ev.Pidns.Init
	case ev.Pidns != nil:
		other = ev.Pidns.Creator
	}
	t.ref(other)
	if ev.Exit == nil {
		t.add("", "", "")
		return
	}
	code, signal := strconv.Itoa(ev.Exit.Status.Code), ""
	if s := ev.Exit.Status.Signal; s != 0 {
		code, signal = "", names.Signal(s)
	}
	t.add(code, signal, known(int64(ev.Exit.LifetimeNS)))
}

func known(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// word is a string that is quoted where it must be; the empty one is "not known".
func word(s string) string {
	if s == "" {
		return ""
	}
	return cell(words.Name(s))
}

// vector is a command line; only its first word can make a formula of it.
func vector(a events.Args) string {
	var b []byte
	for arg := range a.All {
		word := string(words.AppendQuoted(nil, string(arg)))
		if b == nil {
			b = append(b, cell(word)...)
		} else {
			b = append(append(b, ' '), word...)
		}
	}
	return string(b)
}

// formula are what a formula begins with. Spreadsheets of some languages take the wide
// forms for the others.
const formula = "=+-@＝＋－＠"

// cell keeps a spreadsheet from taking text for a formula. What a shell reads does not
// change: a word that begins with one of these signs needs no other quotes.
func cell(s string) string {
	if sign, _ := utf8.DecodeRuneInString(s); !strings.ContainsRune(formula, sign) {
		return s
	}
	return "'" + s + "'"
}
