/* SIGHUP: the configuration is read again, whole, and the models are looked through. */
#ifndef OMEN_APP_RELOAD_H
#define OMEN_APP_RELOAD_H

#include "app/app.h"

/* On the control thread. A configuration with any mistake is logged, every line, and changes
 * nothing. Of a good one, what may change at run time does; what may not is named in the log. */
void reload(struct app *app);

#endif
