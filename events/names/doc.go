// Package names knows what Linux calls its numbers: signals, clone flags and
// error numbers, in both directions where people type them. It knows the
// generic ABI (amd64, arm64, riscv64) and nothing of events or output formats.
package names
