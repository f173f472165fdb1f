//: bad constant
const hook = 'hook-4711';
//: bad template without a hole
const lane = `orchid-lane`;
//: good computed
const lane = `orchid-${lane}`;
//: good comment
// connect("gw-sample-0042")
export const x = 1;
