package events

import (
	"bytes"
	"maps"
	"slices"
)

// Clone returns a copy that shares nothing with e and stays valid.
func (e *Event) Clone() *Event {
	c := *e
	c.Process = e.Process.Clone()
	c.Fork = clonePtr(e.Fork)
	c.Exec = clonePtr(e.Exec)
	c.Exit = clonePtr(e.Exit)
	if c.Exit != nil && c.Exit.Killer != nil {
		c.Exit.Killer = clonePtr(c.Exit.Killer)
		c.Exit.Killer.SenderChain = slices.Clone(c.Exit.Killer.SenderChain)
		c.Exit.Killer.Preceded = slices.Clone(c.Exit.Killer.Preceded)
		c.Exit.Killer.OneOf = slices.Clone(c.Exit.Killer.OneOf)
	}
	c.Signal = clonePtr(e.Signal)
	c.Rename = clonePtr(e.Rename)
	c.Cgroup = clonePtr(e.Cgroup)
	c.Syscall = clonePtr(e.Syscall)
	c.Pidns = clonePtr(e.Pidns)
	if c.Pidns != nil {
		c.Pidns.Exit = clonePtr(c.Pidns.Exit)
		c.Pidns.SurvivorsKilled = slices.Clone(c.Pidns.SurvivorsKilled)
		c.Pidns.Awaited = slices.Clone(c.Pidns.Awaited)
	}
	c.Reparent = clonePtr(e.Reparent)
	if c.Reparent != nil {
		c.Reparent.FromExit = clonePtr(c.Reparent.FromExit)
	}
	c.Lost = clonePtr(e.Lost)
	if c.Lost != nil {
		c.Lost.ByKind = maps.Clone(c.Lost.ByKind)
	}
	return &c
}

// Clone returns a copy that shares nothing with p and stays valid.
func (p *Process) Clone() Process {
	c := *p
	c.Chain = slices.Clone(p.Chain)
	c.Args.Raw = bytes.Clone(p.Args.Raw)
	c.Env.Raw = bytes.Clone(p.Env.Raw)
	c.Container, c.Serves = p.Container.Clone(), p.Serves.Clone()
	c.Job = clonePtr(p.Job)
	return c
}

// Clone returns a copy that shares nothing with c; of nil it is nil.
func (c *Container) Clone() *Container {
	copied := clonePtr(c)
	if c != nil {
		copied.Outer = c.Outer.Clone()
	}
	return copied
}

func clonePtr[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}
