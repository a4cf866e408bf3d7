//go:build unix && !linux

package proxy

import "syscall"

const reusePort = syscall.SO_REUSEPORT
