// Package self reads what files say of the process that reads them: its rights, its user
// namespace, what is mounted where it is, and how much memory it may take.
//
// All comes from a file system that a test can make up. It decides nothing: what a lack
// comes to is for who asks.
package self
