//go:build race

package html_test

// slower is how many times less there is to do under the race detector.
const slower = 20
