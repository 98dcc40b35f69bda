/* Before the first use of anything in math, once, from main. */
#ifndef OMEN_MATH_INIT_H
#define OMEN_MATH_INIT_H

/* Turns off GSL's error handler, which would end the process: a value outside of a function's
 * domain gives NaN instead. */
void math_init(void);

#endif
