// Command schemagen writes the JSON Schema of the event stream from the Doc
// types of package ndjson. It knows types only: no event is encoded here.
package main

import (
	"flag"
	"log"
	"os"
)

//go:generate go run . -o ../../../../docs/events.schema.json

func main() {
	log.SetFlags(0)
	out := flag.String("o", "", "file to write")
	flag.Parse()
	schema, err := generate()
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(*out, schema, 0o644); err != nil {
		log.Fatal(err)
	}
}
