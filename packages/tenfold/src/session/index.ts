export { type Job, type JobContext, type Jobs, serve } from './serve.js';
export { openSession, type Run, type Session, type SessionOptions } from './session.js';
