package record

// Skipped counts what a newer program wrote and this one passed over. The names
// come from the file; at most 64 of each are kept, the rest counted as "…".
type Skipped struct {
	Kinds  map[string]uint64 // of events
	Fields map[string]uint64 // members as "object.name", values as "object=value"
}

const maxSkipped = 64

func addSkipped(to *map[string]uint64, name string) {
	if *to == nil {
		*to = map[string]uint64{}
	}
	if len(name) > 128 {
		name = name[:128]
	}
	if _, ok := (*to)[name]; !ok && len(*to) >= maxSkipped {
		name = "…"
	}
	(*to)[name]++
}

// Skipped returns what has been passed over so far.
func (r *Reader) Skipped() Skipped { return r.skipped }
