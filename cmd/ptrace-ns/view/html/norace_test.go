//go:build !race

package html_test

const slower = 1
