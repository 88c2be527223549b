// Package bpf holds the kernel half and everything that knows its wire format:
// the programs, their compiled objects, and Decoder, the only door from a record's
// bytes to an events.Event. It loads and attaches nothing.
package bpf
