// Package container tells which container a process is in and what a program is
// for in the making of one: from the cgroup path that the kernel gave, from the
// state that runtimes keep on disk, from the arguments that a runtime was called
// with, and, when asked, from a daemon.
//
// It guesses nothing. What no rule knows and no runtime's state backs is no
// container; what is not written anywhere stays empty. Files are read as made by
// somebody hostile. It must not know the tracer, events in flight nor flags.
package container
