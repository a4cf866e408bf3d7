// How a process is put into a group of its own, on Linux.

package system

import "syscall"

// ownGroup makes the process lead a group, and has it asked to end when its parent thread ends. SIGTERM rather than
// SIGKILL: the signal reaches the command only, and a wrapper must live to pass it on.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
