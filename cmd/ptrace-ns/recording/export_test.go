package recording

// OnSync has a test see the directories that are synced, until undo is called.
func OnSync(see func(dir string)) (undo func()) {
	was := lasting
	lasting = func(dir string) error {
		see(dir)
		return was(dir)
	}
	return func() { lasting = was }
}

// Plainly returns a Redaction that tries all patterns on all texts.
func (r *Redaction) Plainly() *Redaction {
	plain := *r
	plain.filter.always = ^uint64(0)
	return &plain
}
