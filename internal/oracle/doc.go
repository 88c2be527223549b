// Package oracle runs random workloads of processes and knows what is true of
// them: a World performs one operation after the other through the processes of
// testdata/helpers/oracle.c and learns from /proc, waitid(2) and socket
// credentials who lives, whose child that is, in which PID namespaces, and how the
// dead have ended. A tracer of the same kernel is told right when what it says,
// put into the same words (Life, Space, Signal), does not differ.
//
// The package must not know the tracer, and never asks it.
package oracle
