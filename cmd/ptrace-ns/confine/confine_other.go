//go:build !linux

package confine

// Apply does nothing: there is nothing to trace here.
func Apply(Plan) (Result, error) { return Result{}, nil }
