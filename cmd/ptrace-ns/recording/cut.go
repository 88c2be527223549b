package recording

import (
	"errors"
	"maps"
)

// Cut ends a recording that is not all there: without a trailer, and where it is, so that
// what its file was to replace stays. It returns the file's name, "" for one that was
// removed, since no event is in it.
func (r *Recorder) Cut() (name string, err error) {
	if r.file == nil {
		return "", nil
	}
	if r.enc != nil {
		err = r.enc.Sync()
	}
	before, all := r.written, r.Written()
	file, told := r.file, r.told
	r.file, r.enc, r.written, r.told = nil, nil, all, 0
	if maps.Equal(before, all) && told == 0 {
		return "", errors.Join(err, file.Discard())
	}
	r.done = append(r.done, finished{file.Name(), file.Size()})
	return file.Name(), errors.Join(err, file.Leave())
}
