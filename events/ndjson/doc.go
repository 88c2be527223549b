// Package ndjson writes the public event stream: one JSON object a line, a
// header first. The Doc types are that contract as Go types; the JSON Schema in
// docs/events.schema.json is generated from them.
//
// It knows events and the names of the stream, and nothing of who reads it:
// no files, no filters, no terminals.
package ndjson
