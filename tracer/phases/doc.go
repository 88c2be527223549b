// Package phases recognises how a container starts and ends in a stream of events:
// which process had which part in it, and from when to when each phase lasted.
//
// What it knows of runtimes is data, in four tables: what a program is for, which is
// tracer/container's, grammars (how its arguments are read), cast (who has which part,
// by the kernel's record of parents and creators) and rules (which events begin and end
// a phase). It is pure: no clock, no I/O, and the same events always give the same
// answer. It must not know how a timeline is shown, nor where the events come from.
package phases
