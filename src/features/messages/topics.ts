export { roomMessagesTopic as messagesTopic } from '../rooms/topics.ts'
