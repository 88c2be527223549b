// Package e2e runs the program as a user does: the real binary on the real kernel,
// with real containers. What it says is compared with what the container runtimes,
// /proc and the programs that were traced say of themselves.
//
// It must not know how the program works: it sees flags, streams, exit codes and
// what is left in the kernel.
package e2e
