//go:build !linux

package confine

// Apply does nothing: there is nothing to trace here.
func Apply(Plan) (Result, error) { return Result{}, nil }

// AsCaller does nothing: a program's file gives no rights here.
func AsCaller() error { return nil }

// ByCaller does it: a program's file gives no rights here.
func ByCaller(do func() error) error { return do() }
