// Package tap reads a queue of SQS that nobody else reads: one that was made for a run, or that only a test reads.
package tap
