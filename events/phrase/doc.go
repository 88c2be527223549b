// Package phrase says in words who sent a signal or ended a process, so that all that is
// told of one, a comparison or a view, says it alike. What a process is called is the
// caller's to say: a view names which it was, a comparison what it was.
//
// It knows events, and nothing of where a text is shown.
package phrase
