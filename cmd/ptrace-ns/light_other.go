//go:build !linux

package main

func unslackened(start func() error) error { return start() }
