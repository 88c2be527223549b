//go:build race

package e2e

// Under the race detector it is the program's races that are looked for: one makes
// it exit with 66.
var buildFlags = []string{"-race"}
