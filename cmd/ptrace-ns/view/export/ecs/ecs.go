// Package ecs writes an event stream as documents in the shape of the Elastic Common
// Schema, one JSON object a line. docs/export.md has the mapping, field by field.
//
// What the schema has no place for is under ptrace_ns: the event as the stream has it.
package ecs

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/jsontext"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/text"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
)

// Documents is a Sink.
type Documents struct {
	out    io.Writer
	header events.Header
	b      []byte
	line   []byte
}

// New returns a sink that writes to w.
func New(w io.Writer, h *events.Header) *Documents { return &Documents{out: w, header: *h} }

// enough is what is written at once.
const enough = 1 << 16

// Put writes one document.
func (d *Documents) Put(ev *events.Event) (err error) {
	d.line = ndjson.AppendEvent(d.line[:0], ev, d.header.BootTimeNS)
	if d.b, err = jsontext.Append(d.b, d.document(ev)); err != nil {
		return err
	}
	if d.b = append(d.b, '\n'); len(d.b) < enough {
		return nil
	}
	return d.Flush()
}

// Flush writes out what there is.
func (d *Documents) Flush() error {
	if len(d.b) == 0 {
		return nil
	}
	_, err := d.out.Write(d.b)
	d.b = d.b[:0]
	return err
}

// Finish ends the documents.
func (d *Documents) Finish() error { return d.Flush() }

func (d *Documents) time(bootNS uint64) string {
	return time.Unix(0, d.header.BootTimeNS+int64(bootNS)).UTC().Format("2006-01-02T15:04:05.000000000Z")
}

func (d *Documents) document(ev *events.Event) *document {
	doc := &document{
		Time: d.time(ev.BootNS), Message: text.What(ev, text.Options{Unicode: true}), ECS: schema{Version},
		Event: event{
			Kind: "event", Category: []string{"process"}, Type: types(ev), Action: ev.Kind.String(), Module: "ptrace-ns",
			Dataset: "ptrace-ns.process", Provider: "kernel", Sequence: ev.Seq, ID: d.header.BootID + "-" + strconv.FormatUint(ev.Seq, 10),
		},
		Host: host{Name: d.header.Host, OS: system{Type: "linux", Kernel: d.header.Kernel}, Boot: boot{d.header.BootID}},
		Own:  json.RawMessage(bytes.TrimSuffix(d.line, []byte{'\n'})),
	}
	if ev.Kind.Derived() {
		doc.Event.Provider = "model"
	}
	if ev.Syscall != nil {
		doc.Event.Outcome = "success"
		if ev.Syscall.Ret < 0 {
			doc.Event.Outcome = "failure"
		}
	}
	if !ev.Process.Key.IsZero() {
		doc.Process = d.process(ev)
	}
	if c := ev.Process.Container; c != nil {
		doc.Container, doc.Orchestrator = inContainer(c)
	}
	if len(ev.Process.Chain) > 2 {
		doc.Tags = append(doc.Tags, "pid_chain_cut") // vpid is the innermost number alone
	}
	if lossy(ev) {
		doc.Tags = append(doc.Tags, "not_utf8")
	}
	return doc
}

// types are what ECS allows in the category process.
func types(ev *events.Event) []string {
	switch ev.Kind {
	case events.Fork, events.Exec, events.ThreadStart, events.ContainerStart:
		return []string{"start"}
	case events.Exit, events.ThreadExit, events.ContainerExit:
		return []string{"end"}
	case events.Rename, events.CgroupMove, events.Reparent, events.Unshare, events.Setns, events.Subreaper, events.PivotRoot:
		return []string{"change"}
	}
	return []string{"info"}
}

func (d *Documents) process(ev *events.Event) *process {
	p := &ev.Process
	out := &process{PID: p.Key.PID, EntityID: p.Key.String(), Name: p.Comm, Executable: p.Exe, WorkingDirectory: p.Cwd}
	if p.Key.Start != 0 {
		out.Start = d.time(p.Key.Start)
	}
	if own := p.Chain.Own(); p.Chain.Level() > 0 {
		out.VPID = own.PID
	}
	if p.TID != 0 && p.TID != p.Key.PID {
		out.Thread = &thread{p.TID}
	}
	if p.Args.Known() {
		out.Args = p.Args.Strings()
		out.CommandLine = strings.Join(out.Args, " ")
		if p.Args.Status == events.Complete {
			out.ArgsCount = len(out.Args)
		}
	}
	if p.HasIDs {
		out.User, out.Group = &id{strconv.FormatUint(uint64(p.UID), 10)}, &id{strconv.FormatUint(uint64(p.GID), 10)}
	}
	if !p.Parent.IsZero() {
		out.Parent = &parent{PID: p.Parent.Key.PID, EntityID: p.Parent.Key.String(), Name: p.Parent.Comm}
	}
	if j := p.Job; j != nil {
		out.GroupLeader, out.SessionLeader = leader(j.PGID), leader(j.SID)
	}
	if e := ev.Exit; e != nil && (ev.Kind == events.Exit || ev.Kind == events.ContainerExit) {
		out.End = d.time(ev.BootNS)
		if e.Status.Signal == 0 {
			out.ExitCode = &e.Status.Code
		}
	}
	return out
}

func leader(pid int32) *leading {
	if pid <= 0 {
		return nil
	}
	return &leading{pid}
}

func inContainer(c *events.Container) (*container, *orchestrator) {
	in := &container{ID: c.ID, Name: c.Name, Runtime: c.Runtime}
	if c.Image != "" {
		in.Image = &image{c.Image}
	}
	if c.Pod == "" && c.PodNS == "" && c.PodUID == "" {
		return in, nil
	}
	return in, &orchestrator{Type: "kubernetes", Namespace: c.PodNS, Resource: resource{Type: "pod", Name: c.Pod, ID: c.PodUID}}
}

// lossy reports whether a string that ECS has is not UTF-8: its bytes are under
// ptrace_ns alone.
func lossy(ev *events.Event) bool {
	p := &ev.Process
	all := []string{p.Comm, p.Exe, p.Cwd, p.Parent.Comm}
	if c := p.Container; c != nil {
		all = append(all, c.ID, c.Name, c.Image, c.Runtime, c.Pod, c.PodNS, c.PodUID)
	}
	if p.Args.Known() {
		all = append(all, p.Args.Strings()...)
	}
	return slices.ContainsFunc(all, func(s string) bool { return strings.ToValidUTF8(s, "\ufffd") != s })
}
