// Package recording is what writing a recording takes beside its format: files that
// are opened safely and are valid whatever happens to a write, their rotation, the
// choice of what belongs to a start, and the removal of secrets. It knows events, how
// they are encoded, which programs are container software, and files; it knows no
// flags, no terminal and no tracer.
package recording
