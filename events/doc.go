// Package events is the language of the house: what a process, a PID chain, a
// PID namespace and an event are, and how a producer (Source) and a consumer
// (Sink) of events meet.
//
// It knows nothing of the kernel's wire format, of files or of terminals, it
// imports the standard library only, and it builds on every operating system.
//
// # Lifetime
//
// A Source may reuse one Event for all that it returns. An Event, and all that
// is reached through it, is valid until the next call of Source.Next; who wants
// to keep one takes Event.Clone.
package events
