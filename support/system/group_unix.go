//go:build unix && !linux

// How a process is put into a group of its own, where the kernel knows no parent's-death signal.

package system

import "syscall"

// ownGroup makes the process lead a group.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
