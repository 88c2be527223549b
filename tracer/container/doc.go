// Package container tells which container a process is in, from the place in the
// cgroup tree that the kernel gave. It reads no files, asks no daemon and guesses
// nothing: a path that no rule knows is no container.
package container
