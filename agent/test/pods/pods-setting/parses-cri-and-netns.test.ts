import t from 'tap';
import { parsePods } from '../../../src/pods/pods-setting.js';

t.test('where pods come from is read, or refused with what is accepted', async (t) => {
  t.same(parsePods('cri'), { kind: 'cri' });
  t.same(parsePods('cri:/run/crio/crio.sock'), { kind: 'cri', socket: '/run/crio/crio.sock' });
  t.same(parsePods('netns:pods.json'), { kind: 'netns', file: 'pods.json' });
  for (const bad of ['', 'docker', 'cri:', 'cri:relative', 'netns', 'netns:', 'xcri', 'CRI']) {
    t.throws(() => parsePods(bad), { message: /give cri, cri:SOCKET/ }, bad);
  }
});
