// Package tracer is the live kernel as a source of events.
//
// Open loads and attaches the BPF programs, takes a snapshot of what was there
// before, and gives an events.Source whose events already carry what follows from
// them: new and dying PID namespaces, reparented processes, who killed whom. Run
// hands the events of any source to sinks.
//
// One event makes four stops in one goroutine: tracepoint, ring buffer, decoder,
// sinks. There is no channel and no copy between them.
//
// The package prints nothing, logs nothing and never exits.
package tracer
