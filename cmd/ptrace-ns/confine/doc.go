// Package confine gives up what the program does not need any more once tracing is
// attached: capabilities, the user that it runs as, and system calls that it never
// makes. What is attached stays, for the kernel asks for rights when a program is
// loaded and not when its records are read.
//
// It acts on the whole process, all threads of it, and cannot be undone. It knows no
// flags and no tracer.
package confine
