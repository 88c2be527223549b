// Package kerneltest is what the tests against the live kernel share: asking for
// privileges and tools, proving that nothing is left behind, and running the C
// programs of testdata/helpers that provoke one behaviour each and report what
// is true of it.
//
// It must not know the tracer: what it reports is the oracle that the tracer is
// measured by.
package kerneltest
