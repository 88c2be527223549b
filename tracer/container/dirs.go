package container

import (
	"iter"
	"os"
	"time"
)

const (
	// searching is how long the directories in one place are looked into: nobody waits
	// longer for an answer. Of what is in memory that is some hundred thousand.
	searching = time.Second
	// dirsAtOnce is how many entries are read at once.
	dirsAtOnce = 256
)

// dirsIn returns the names of the directories there, as long as a search may take.
func (r *Resolver) dirsIn(dir string) iter.Seq[string] {
	return func(yield func(string) bool) {
		f, err := os.Open(r.at(dir))
		if err != nil {
			return
		}
		defer func() { _ = f.Close() }() // only read
		for until := r.now().Add(searching); r.now().Before(until); {
			entries, err := f.ReadDir(dirsAtOnce)
			for _, e := range entries {
				if e.IsDir() && !yield(e.Name()) {
					return
				}
			}
			if err != nil {
				return
			}
		}
	}
}
