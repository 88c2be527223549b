// Package doctor looks at a machine and says whether it can be traced, what would
// be missing, and what to do about it.
//
// What is looked at are rows of one table (checks). What the machine is comes from a
// file system with its /proc, /sys and /run, and what can only be tried is tried
// through an interface, so that tests can be any machine. It knows no flags and no
// terminal, and changes nothing: what it loads to try it is gone when it returns.
package doctor
