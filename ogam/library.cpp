// The shared library is made of the other folders' libraries; this file only names the public
// interface once, so that a header that does not compile by itself is found here.
#include "ogam/ogam.h"
