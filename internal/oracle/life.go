package oracle

import (
	"fmt"
	"slices"
	"strconv"
)

// ID names a process: its PID in the initial namespace and its start, field 22 of
// /proc/PID/stat.
type ID struct {
	PID   int
	Ticks uint64
}

// Number is a PID in one PID namespace.
type Number struct {
	Inum uint32
	PID  int
}

// Adoption is a new parent and the kernel's reason: subreaper, pidns_init, init.
type Adoption struct {
	To     ID
	Reason string
}

// Status is how a process ended: Code when Signal is 0.
type Status struct{ Code, Signal int }

// Killer is who ended a process by a signal; Origin is user, kernel or pidns_reap. A
// fault is sent by the kernel in the process's own name.
type Killer struct {
	Origin string
	Sender ID
	// ParentDeath says that it was the signal that the process had asked for.
	ParentDeath bool
}

// Life is one process, from the one who cloned it to the one who killed it.
type Life struct {
	ID
	Creator   ID // who called clone
	Under     ID // the parent at birth
	Parent    ID // the parent now
	Adoptions []Adoption
	Chain     []Number // outermost first; nil is not known
	Execs     int
	Alive     bool

	// Of the living.
	Comm, Exe, Args string
	TIDs            []int // but the leader's, in order

	// Of the dead.
	Status Status
	Killer Killer
	Reaped bool // by the death of a PID namespace
}

// Space is a PID namespace in which something lives.
type Space struct {
	Inum, Parent  uint32
	Level         int
	Init, Creator ID
	Via           string
	Members       int // the living, those of nested namespaces included
}

// Signal is one SIGTERM, SIGKILL or SIGSTOP that a process sent.
type Signal struct {
	Sender, Target ID
	Signal         int
	Ignored        bool
}

// Diff says how what was told differs from the truth.
func (truth *Life) Diff(told *Life) []string {
	var d differences
	d.compare("alive", truth.Alive, told.Alive)
	d.compare("creator", truth.Creator, told.Creator)
	d.compare("parent at birth", truth.Under, told.Under)
	d.compare("execs", truth.Execs, told.Execs)
	if truth.Chain != nil {
		d.compare("PID chain", truth.Chain, told.Chain)
	}
	if truth.Alive != told.Alive {
		return d
	}
	if truth.Alive {
		d.compare("parent", truth.Parent, told.Parent)
		d.compare("adoptions", truth.Adoptions, told.Adoptions)
		d.compare("comm", truth.Comm, told.Comm)
		d.compare("exe", truth.Exe, told.Exe)
		d.compare("args", truth.Args, told.Args)
		d.compare("threads", truth.TIDs, told.TIDs)
		return d
	}
	// Whoever dies among others may be adopted once more in between, unseen by /proc.
	if n := len(truth.Adoptions); len(told.Adoptions) < n || !slices.Equal(truth.Adoptions, told.Adoptions[:n]) {
		d.compare("adoptions", truth.Adoptions, told.Adoptions)
	}
	d.compare("status", truth.Status, told.Status)
	d.compare("killer", truth.Killer, told.Killer)
	d.compare("reaped by the kernel", truth.Reaped, told.Reaped)
	return d
}

type differences []string

func (d *differences) compare(what string, truth, told any) {
	if want, got := show(truth), show(told); want != got {
		*d = append(*d, fmt.Sprintf("%s: told %s, true is %s", what, got, want))
	}
}

func show(value any) string {
	if text, ok := value.(string); ok {
		return strconv.Quote(text)
	}
	return fmt.Sprintf("%+v", value)
}
